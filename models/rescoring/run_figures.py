"""Progress of rescoring runs, and what they changed, in figures."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models.core.base import database_now
from models.core.enums import OPEN_STATES, RunScope, RunState
from models.rescoring.runs import RescoringRun, RescoringShard


def failed_runs_since(session: Session, since: datetime) -> int:
    """The number of failed runs among those requested since then."""
    query = select(func.count()).where(RescoringRun.state == RunState.FAILED, RescoringRun.created_at >= since)
    return session.scalar(query.select_from(RescoringRun)) or 0


def progress_of(session: Session, run_ids: list[int]) -> dict[int, dict[str, Any]]:
    """
    Per run: shards by state, pairs done and total, pairs a second so far, seconds left (None: unknown).

    `seconds` is the time from the start of its first shard to the end of its last one, or until now.
    """
    progress: dict[int, dict[str, Any]] = {}
    ended = case((RescoringShard.state.in_(OPEN_STATES), None), else_=RescoringShard.finished_at)
    query = (
        select(
            RescoringShard.run_id,
            RescoringShard.state,
            func.count(),
            func.sum(RescoringShard.pairs_done),
            func.sum(RescoringShard.pairs_total),
            func.min(RescoringShard.started_at),
            func.coalesce(func.max(ended), func.now()),
        )
        .where(RescoringShard.run_id.in_(run_ids))
        .group_by(RescoringShard.run_id, RescoringShard.state)
    )
    times: dict[int, list[tuple[datetime, datetime]]] = {}
    for run_id, state, count, done, total, began, until in session.execute(query):
        entry = progress.setdefault(run_id, {"shards": {}, "pairs_done": 0, "pairs_total": 0, "seconds": 0.0})
        entry["shards"][state.value] = count
        entry["pairs_done"] += int(done)
        entry["pairs_total"] += int(total)
        if began is not None:
            times.setdefault(run_id, []).append((began, until))
    for run_id, entry in progress.items():
        if spans := times.get(run_id):
            entry["seconds"] = (max(until for _, until in spans) - min(began for began, _ in spans)).total_seconds()
        rate = entry["pairs_done"] / entry["seconds"] if entry["seconds"] else None
        left = max(0, entry["pairs_total"] - entry["pairs_done"])  # a market may have grown since it was planned
        entry["pairs_per_second"] = rate
        entry["eta_seconds"] = left / rate if rate else None
    return progress


def difference_of(session: Session, run_id: int) -> dict[str, Any] | None:
    """How the run's published lists differ from the lists before; None while no shard has published."""
    shard = RescoringShard
    # Shards of earlier releases did not store how many lists they compared.
    compared = func.coalesce(shard.lists_compared, shard.lists_total)
    changes = func.sum(shard.mean_score_change * compared)
    weights = func.sum(compared).filter(shard.mean_score_change.is_not(None))
    row = session.execute(
        select(
            func.sum(shard.lists_total),
            func.sum(shard.lists_changed),
            changes / func.nullif(weights, 0),
            func.sum(func.jsonb_array_length(shard.skipped)),
        ).where(shard.run_id == run_id, shard.lists_total.is_not(None))
    ).one()
    if row[0] is None:
        return None
    names = ("lists_total", "lists_changed", "mean_score_change", "skipped")
    return dict(
        zip(names, (int(row[0]), int(row[1]), None if row[2] is None else float(row[2]), int(row[3])), strict=True)
    )


def runs_by_state(session: Session) -> dict[RunState, int]:
    """The number of runs in each state; states without a run are left out."""
    query = select(RescoringRun.state, func.count()).group_by(RescoringRun.state)
    return dict(session.execute(query).all())


def seconds_since_full_run(session: Session) -> float | None:
    """Seconds since a run over everything last succeeded; None if none has."""
    newest = select(func.max(RescoringRun.finished_at)).where(
        RescoringRun.scope == RunScope.ALL, RescoringRun.state == RunState.SUCCEEDED
    )
    ended = session.scalar(newest)
    return None if ended is None else (database_now(session) - ended).total_seconds()
