"""`leadmatch runs`: list, show, cancel and retry rescoring runs."""

from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from models.core.enums import RunState
from models.platform.settings import Settings
from models.rescoring.market_state import city_names
from models.rescoring.run_figures import progress_of
from models.rescoring.runs import RescoringRun, RescoringShard, cancel_run, get_run, runs
from models.rescoring.shards import retry_failed
from scripts.arguments import ROW_ID
from scripts.databases import session_factory
from scripts.listing import json_option, print_listing
from scripts.rescoring import pairs, run_line
from scripts.terminal import Terminal

SHARD_FIELDS = (
    "id", "city_key", "deal_type", "tile", "tiles", "state", "pairs_total", "pairs_done", "worker", "attempts", "error",
    "skipped", "started_at", "finished_at",
)  # fmt: skip


@click.command()
@click.argument("run_id", type=ROW_ID, required=False)
@click.option("--cancel", "cancelled", type=ROW_ID, metavar="ID", help="Cancel the run's open shards.")
@click.option("--retry", "retried", type=ROW_ID, metavar="ID", help="Queue the run's failed shards again.")
@click.option(
    "--state", type=click.Choice([run_state.value for run_state in RunState]), help="List runs in this state only."
)
@click.option("--limit", type=click.IntRange(1, 1000), help="How many are listed  [20].")
@json_option
def command(
    run_id: int | None, cancelled: int | None, retried: int | None, state: str | None, limit: int | None, as_json: bool
) -> None:
    """List rescoring runs, newest first, or show one with its shards."""
    named = [number for number in (run_id, cancelled, retried) if number is not None]
    if len(named) > 1:
        raise click.UsageError("Show, cancel or retry: one at a time.")
    if named and (state or limit):
        raise click.UsageError("--state and --limit are for the list of runs.")
    if as_json and named and run_id is None:
        raise click.UsageError("--json goes with the list of runs, or with one run that is shown.")
    console = Terminal()
    with session_factory(Settings.for_command())() as session:
        if cancelled is not None:
            cancel_run(session, cancelled)
            session.commit()
            console.print(f"Run {cancelled} is cancelled.", highlight=False)
        elif retried is not None:
            _retry(session, retried, console)
        elif run_id is not None:
            _show(session, run_id, console, as_json)
        else:
            _list(session, RunState(state) if state else None, limit or 20, console, as_json)


def _retry(session: Session, run_id: int, console: Console) -> None:
    from worker.queue.client import Client  # late: listing runs needs neither redis nor Celery

    client = Client(Settings.for_command("REDIS_URL").redis_url)
    _, shard_ids = retry_failed(session, run_id)
    session.commit()
    if not shard_ids:
        client.run_requested(run_id)
    for shard_id in shard_ids:
        client.shard_queued(shard_id)
    console.print(f"Run {run_id}: {len(shard_ids)} shards are queued again.", highlight=False)


def _list(session: Session, state: RunState | None, limit: int, console: Console, as_json: bool) -> None:
    listed = list(session.scalars(runs(state).limit(limit)))
    progress = progress_of(session, [run.id for run in listed])
    names = city_names(session) if any(run.city_key for run in listed) else {}
    table = Table("run", "what", "state", "by", "requested (UTC)", "pairs", "s")
    for column in (0, 5, 6):
        table.columns[column].justify = "right"
    table.columns[4].no_wrap = True
    for run in listed:
        done = progress.get(run.id)
        table.add_row(
            str(run.id),
            _subject(run, names),
            _share(run, done),
            run.requested_by,
            f"{run.created_at:%Y-%m-%d %H:%M:%S}",
            pairs(done["pairs_done"]) if done else "",
            f"{done['seconds']:.1f}" if done else "",
        )
    rows = [_row(run) | {"progress": progress.get(run.id)} for run in listed]
    print_listing(console, rows, table, as_json=as_json, empty="There is no run yet: leadmatch rescore")


def _row(run: RescoringRun) -> dict[str, Any]:
    names = ("id", "scope", "city_key", "deal_type", "state", "requested_by", "error")
    return {name: getattr(run, name) for name in (*names, "created_at", "started_at", "finished_at")}


def _subject(run: RescoringRun, names: dict[str, str]) -> str:
    return f"{names.get(run.city_key, run.city_key)}, {run.deal_type}" if run.city_key else run.scope.value


def _share(run: RescoringRun, done: dict | None) -> str:
    if run.state is RunState.RUNNING and done and done["pairs_total"]:
        return f"running, {100 * done['pairs_done'] / done['pairs_total']:.0f} %"
    return run.state.value


def _show(session: Session, run_id: int, console: Console, as_json: bool) -> None:
    run = get_run(session, run_id)
    if as_json:
        rows = [{name: getattr(shard, name) for name in SHARD_FIELDS} for shard in run.shards]
        print_listing(console, [_row(run) | {"shards": rows}], Table(), as_json=True, empty="")
        return
    names = city_names(session)
    console.print(run_line(session, run, names), highlight=False)
    console.print(f"  requested by {run.requested_by}, {run.created_at:%Y-%m-%d %H:%M:%S} UTC", highlight=False)
    if run.error:
        console.print(f"  {run.error}", highlight=False, markup=False)
    table = Table("shard", "market", "state", "pairs", "of", "s", "tries", "worker", "error")
    for column in (0, 3, 4, 5, 6):
        table.columns[column].justify = "right"
    for shard in run.shards:
        ended = shard.finished_at or shard.heartbeat_at
        seconds = (ended - shard.started_at).total_seconds() if ended and shard.started_at else None
        table.add_row(
            str(shard.id),
            f"{names.get(shard.city_key, shard.city_key)}, {shard.deal_type}{_tile(shard)}",
            shard.state.value,
            pairs(shard.pairs_done),
            pairs(shard.pairs_total),
            "" if seconds is None else f"{seconds:.1f}",
            str(shard.attempts),
            shard.worker or "",
            shard.error or "",
        )
    console.print(table)
    for shard in run.shards:
        for row in shard.skipped:
            named = f"  shard {shard.id} skipped {row['side'].lower()} {row['id']}: {row['error']}"
            console.print(named, highlight=False, markup=False)
        if shard.stages:
            stages = ", ".join(f"{name} {value:,.1f}" for name, value in shard.stages.items())
            console.print(f"  shard {shard.id}: {stages} (seconds; MB)", highlight=False)


def _tile(shard: RescoringShard) -> str:
    if shard.tile:
        return f", tile {shard.tile}"
    return f", {shard.tiles} tiles merged" if shard.tiles else ""
