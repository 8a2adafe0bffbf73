"""Requesting and watching rescoring runs, for commands."""

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import OPEN_STATES, DealType, RunScope, RunState
from models.core.errors import ConflictError
from models.platform.settings import Settings
from models.rescoring.run_figures import progress_of
from models.rescoring.runs import RescoringRun, get_run, request_run
from models.translations.catalogue import describe_error

#: Interval between two polls of a watched run.
POLL_SECONDS = 0.3
#: A run that waits longer for a worker is reported.
WAIT_LIMIT_SECONDS = 10


def request(
    factory: sessionmaker[Session],
    settings: Settings,
    scope: RunScope,
    requested_by: str,
    *,
    city: str | None = None,
    deal_type: DealType | None = None,
) -> tuple[int, bool]:
    """
    Request a run and notify the workers.

    Returns:
        (id, whether the run is new rather than an equal open one).
    Raises:
        ConflictError: An open run covers a part of it.
    """
    with factory() as session:
        run, new = request_run(session, scope, requested_by, city=city, deal_type=deal_type)
        session.commit()
        run_id = run.id
    if new:
        from worker.queue.client import Client  # late: a command without a request needs neither redis nor Celery

        # If the broker refuses the message, the workers' sweep finds the run in the table.
        Client(settings.redis_url).run_requested(run_id)
    return run_id, new


def ask_for_run(
    factory: sessionmaker[Session],
    settings: Settings,
    console: Console,
    *,
    city: str | None = None,
    deal_type: DealType | None = None,
) -> None:
    """Request a run over all markets or one city's market after rows were added, and print its number."""
    scope = RunScope.MARKET if city else RunScope.ALL
    try:
        run_id, _ = request(factory, settings, scope, "cli", city=city, deal_type=deal_type)
    except ConflictError as busy:
        console.print(f"{describe_error('en', busy)} New rows are scored within half a minute.", highlight=False)
        return
    console.print(
        f"Run {run_id} rescores {'the market' if city else 'everything'}: leadmatch runs {run_id}", highlight=False
    )


def watch(factory: sessionmaker[Session], run_id: int, console: Console, *, transient: bool = False) -> RunState:
    """Show a progress bar until the run has ended, and return its final state."""
    columns = (TextColumn("{task.description}"), BarColumn(), _Pairs(), TimeElapsedColumn())
    began, warned = time.monotonic(), False
    with Progress(*columns, console=console, transient=transient) as progress:
        bar = progress.add_task(f"Run {run_id}", total=None)
        while True:
            with factory() as session:
                state = get_run(session, run_id).state
                progress_now = progress_of(session, [run_id]).get(run_id)
            if progress_now:
                progress.update(
                    bar,
                    # A bar without a total only pulses; a market may have no pairs.
                    total=progress_now["pairs_total"] or None,
                    completed=progress_now["pairs_done"],
                    rate=progress_now["pairs_per_second"],
                    eta=progress_now["eta_seconds"],
                )
            if state not in OPEN_STATES:
                if state is RunState.SUCCEEDED:
                    if not (progress_now and progress_now["pairs_total"]):
                        progress.update(bar, total=1, completed=1)
                return state
            if state is RunState.QUEUED and not warned and time.monotonic() - began > WAIT_LIMIT_SECONDS:
                progress.console.print(_why_it_waits(factory), highlight=False)
                warned = True
            time.sleep(POLL_SECONDS)


def _why_it_waits(factory: sessionmaker[Session]) -> str:
    with factory() as session:
        earlier = session.scalar(select(func.min(RescoringRun.id)).where(RescoringRun.state == RunState.RUNNING))
    if earlier is not None:
        return f"Run {earlier} is still going; this one follows it."
    return "No worker has taken the run yet: does one listen to the queue `runs`?"


class _Pairs(ProgressColumn):
    """``12.3 M of 86.0 M pairs, 25.1 M a second, 3 s left``."""

    def render(self, task: Task) -> Text:
        if not task.total or task.finished:
            return Text("")
        parts = [f"{pairs(task.completed)} of {pairs(task.total)} pairs"]
        rate, eta = task.fields.get("rate"), task.fields.get("eta")
        if rate:
            parts.append(f"{pairs(rate)} a second")
        if eta is not None and rate:
            parts.append(f"{eta:.0f} s left")
        return Text(", ".join(parts))


def pairs(count: float) -> str:
    """
    A number of pairs as text, exact below a million.

    >>> pairs(9108), pairs(86_040_000)
    ('9,108', '86.0 M')
    """
    return f"{count:,.0f}" if count < 1_000_000 else f"{count / 1e6:,.1f} M"


def run_line(session: Session, run: RescoringRun, names: dict[str, str]) -> str:
    """Describe a run in a sentence: ``Run 7 succeeded: 86.0 M pairs in 3 shards, 4.1 s``."""
    figures = progress_of(session, [run.id]).get(run.id, {"shards": {}, "pairs_done": 0, "seconds": 0.0})
    shards = sum(figures["shards"].values())
    market = f" ({names.get(run.city_key, run.city_key)}, {run.deal_type})" if run.city_key else ""
    return (
        f"Run {run.id}{market} {run.state}: {pairs(figures['pairs_done'])} pairs in {shards}"
        f" shard{'' if shards == 1 else 's'}, {figures['seconds']:.1f} s"
    )
