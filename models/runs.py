"""Rescoring runs: what was asked for, how far it is, what became of it.

A run has a shard for each market. A market too big for one worker has one for each of its *tiles* besides: they leave
partial lists (models.tiles), and the market's own shard, tile 0, merges and publishes them when all have succeeded.

A worker *claims* a shard, reports pairs as it goes, and ends it; a claim whose worker has not been heard of for
:data:`LEASE` is free to be claimed again. The run ends with its last shard.

    queued -> running -> succeeded | failed | cancelled
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from models.base import Base, CreatedAt, Id, database_now, utc_now, words
from models.enums import OPEN_STATES, DealType, RunScope, RunState, Status
from models.errors import ConflictError, NotFoundError
from models.leads import Lead
from models.partials import forget_partials, with_partials
from models.places import city_of
from models.properties import Property
from models.users import User

#: A worker reports at least this often while it scores.
HEARTBEAT = timedelta(seconds=3)
#: A shard not heard of for this long is taken from its worker.
LEASE = timedelta(seconds=20)
#: After so many claims a shard is given up: what kills every worker would do so for ever.
MOST_ATTEMPTS = 5


class RescoringRun(Base):
    """One request to rescore: everything, one market, or what is stale."""

    __tablename__ = "rescoring_runs"
    __table_args__ = (
        CheckConstraint(
            "(scope = 'market') = (city_key IS NOT NULL AND deal_type IS NOT NULL)",
            name="market_scope_names_it",
        ),
        Index("ix_rescoring_runs_open", "id", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: Mapped[Id]
    scope: Mapped[RunScope] = mapped_column(words(RunScope, "scope_is_known"))
    city_key: Mapped[str | None] = mapped_column(String(110))
    deal_type: Mapped[DealType | None] = mapped_column(words(DealType, "deal_type_is_known"))
    state: Mapped[RunState] = mapped_column(words(RunState, "state_is_known"), default=RunState.QUEUED)
    #: Who asked: "ops:<user id>", "cli", "schedule:<the message's id>", "sweep".
    requested_by: Mapped[str] = mapped_column(String(50))
    text_model_id: Mapped[int | None] = mapped_column(ForeignKey("text_models.id"))
    error: Mapped[str | None] = mapped_column(Text)
    #: Seconds of each stage before its shards were there: fitting the text model, planning.
    stages: Mapped[dict[str, float]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    shards: Mapped[list["RescoringShard"]] = relationship(back_populates="run", order_by="RescoringShard.id")


class RescoringShard(Base):
    """One market's part of a run, or one tile of a big market."""

    __tablename__ = "rescoring_shards"
    __table_args__ = (
        Index("ix_rescoring_shards_run", "run_id"),
        # Two runs never rescore one market at once.
        Index(
            "uq_rescoring_shards_open_market",
            "city_key",
            "deal_type",
            "tile",
            unique=True,
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[Id]
    run_id: Mapped[int] = mapped_column(ForeignKey("rescoring_runs.id", ondelete="CASCADE"))
    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(words(DealType, "deal_type_is_known"))
    #: 0: the market itself; 1, 2, ...: a tile of it.
    tile: Mapped[int] = mapped_column(Integer, default=0)
    #: How many tiles the market has in this run; 0: it is scored whole.
    tiles: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    #: A tile has the ids from ... up to but without ...; null: no bound.
    leads_from: Mapped[int | None]
    leads_below: Mapped[int | None]
    properties_from: Mapped[int | None]
    properties_below: Mapped[int | None]
    #: The learnt weights that all tiles of a market score with; null: the defaults. A market scored whole takes the present.
    weights_id: Mapped[int | None]
    #: A tile holds all that was written by transactions before this one.
    seen: Mapped[int | None]
    state: Mapped[RunState] = mapped_column(words(RunState, "state_is_known"), default=RunState.QUEUED)
    pairs_total: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pairs_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    worker: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    heartbeat_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    #: Lists that it published, and how many of them name others, or in another order, than the lists before.
    lists_total: Mapped[int | None]
    lists_changed: Mapped[int | None]
    #: By how much the first scores of lists that were there before have changed, on average; -100 to 100.
    mean_score_change: Mapped[float | None]
    #: Entities that the engine failed on and that were left out: [{"side", "id", "error"}].
    skipped: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    #: Seconds of each stage of the attempt that succeeded, in order of time, and "peak_mb", its process's most memory.
    stages: Mapped[dict[str, float]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))

    @property
    def is_merge(self) -> bool:
        """Whether it publishes what the tiles of its market have left."""
        return self.tile == 0 and self.tiles > 0

    @property
    def seconds(self) -> float | None:
        """How long its last attempt took, or has taken so far; None before it began."""
        return ((self.finished_at or utc_now()) - self.started_at).total_seconds() if self.started_at else None

    run: Mapped[RescoringRun] = relationship(back_populates="shards")


def request_run(
    session: Session,
    scope: RunScope,
    requested_by: str,
    *,
    city: str | None = None,
    deal_type: DealType | None = None,
    once: bool = False,
) -> tuple[RescoringRun, bool]:
    """
    Ask for a run.

    Args:
        once: *requested_by* asks for one run ever: what asked (a message) may come again when that run has long ended.
    Returns:
        The run, and whether it is new: the same request while one is open joins that one.
    Raises:
        ConflictError: An open run covers a part of what was asked for.
    """
    city_key = city_of(city).key if city else None
    # Requests come one after another, or two at once would both find nothing open.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("request-run", 0))))
    earlier = select(RescoringRun).where(RescoringRun.requested_by == requested_by)
    if once and (known := session.scalar(earlier.limit(1))) is not None:
        return known, False
    for run in session.scalars(
        select(RescoringRun).where(RescoringRun.state.in_(OPEN_STATES)).order_by(RescoringRun.id)
    ):
        if (run.scope, run.city_key, run.deal_type) == (scope, city_key, deal_type):
            return run, False
        if RunScope.STALE not in (run.scope, scope) and (
            RunScope.ALL in (run.scope, scope) or (run.city_key, run.deal_type) == (city_key, deal_type)
        ):
            raise ConflictError(f"Run {run.id} ({run.scope}) is going; wait for it or cancel it.")
    run = RescoringRun(scope=scope, requested_by=requested_by, city_key=city_key, deal_type=deal_type)
    session.add(run)
    session.flush()
    return run, True


def get_run(session: Session, run_id: int, *, lock: bool = False) -> RescoringRun:
    """The run; raises NotFoundError."""
    run = session.get(RescoringRun, run_id, with_for_update=True if lock else None, populate_existing=lock)
    if run is None:
        raise NotFoundError("rescoring run")
    return run


def runs(state: RunState | None = None) -> Select[tuple[RescoringRun]]:
    """Runs, newest first."""
    query = select(RescoringRun).order_by(RescoringRun.id.desc())
    return query.where(RescoringRun.state == state) if state else query


def live_markets(session: Session) -> list[tuple[str, DealType, int, int]]:
    """(city_key, deal_type, leads, properties) on the market now, for markets that have either, largest first."""
    sizes: dict[tuple[str, DealType], list[int]] = {}
    for place, table in enumerate((Lead, Property)):
        counted = (
            select(table.city_key, table.deal_type, func.count())
            .join(User, User.id == table.owner_id)
            .where(table.status == Status.ACTIVE, User.is_active)
            .group_by(table.city_key, table.deal_type)
        )
        for city_key, deal_type, count in session.execute(counted):
            sizes.setdefault((city_key, deal_type), [0, 0])[place] = count
    rows = [(*market, leads, properties) for market, (leads, properties) in sizes.items()]
    return sorted(rows, key=lambda row: (-row[2] * row[3], row[0], row[1]))


def claim_shard(session: Session, shard_id: int, worker: str) -> RescoringShard | None:
    """Take the shard for *worker*; None if it is somebody's, ended, waits for tiles, or its run was cancelled."""
    free = or_(RescoringShard.state == RunState.QUEUED, RescoringShard.heartbeat_at < func.now() - LEASE)
    return session.scalar(
        update(RescoringShard)
        .where(RescoringShard.id == shard_id, RescoringShard.state.in_(OPEN_STATES), free, has_its_tiles())
        .values(
            state=RunState.RUNNING,
            worker=worker,
            attempts=RescoringShard.attempts + 1,
            heartbeat_at=func.now(),
            started_at=func.now(),
            pairs_done=0,
            error=None,
        )
        .returning(RescoringShard)
    )


def report(session: Session, shard_id: int, worker: str, attempt: int, pairs_done: int) -> bool:
    """Note progress; False when the shard is no longer this attempt's: stop working on it."""
    found = session.execute(
        update(RescoringShard)
        .where(
            RescoringShard.id == shard_id,
            RescoringShard.worker == worker,
            RescoringShard.attempts == attempt,
            RescoringShard.state == RunState.RUNNING,
        )
        .values(pairs_done=pairs_done, heartbeat_at=func.now())
    )
    return bool(found.rowcount)


def has_its_tiles() -> ColumnElement[bool]:
    """Whether a shard waits for no tile: it is a tile, a market scored whole, or one whose tiles have all succeeded."""
    tile = aliased(RescoringShard)
    missing = exists().where(_is_tile_of(tile, RescoringShard), tile.state != RunState.SUCCEEDED)
    return or_(RescoringShard.tile > 0, RescoringShard.tiles == 0, ~missing)


def _is_tile_of(tile: Any, market: Any) -> ColumnElement[bool]:
    return and_(
        tile.run_id == market.run_id,
        tile.city_key == market.city_key,
        tile.deal_type == market.deal_type,
        tile.tile > 0,
    )


def tiles_of(session: Session, market: RescoringShard) -> list[RescoringShard]:
    """The tiles that a market's shard merges, in order."""
    query = select(RescoringShard).where(_is_tile_of(RescoringShard, market)).order_by(RescoringShard.tile)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def hold_shard(session: Session, shard_id: int, worker: str, attempt: int) -> RescoringShard | None:
    """
    The shard, locked together with its run so that nothing happens to either until the transaction ends.

    None if it is no longer this attempt's: it was cancelled, or another worker has taken it up.
    """
    run_id = session.scalar(select(RescoringShard.run_id).where(RescoringShard.id == shard_id))
    if run_id is None:
        return None
    get_run(session, run_id, lock=True)  # The run first, as cancelling does: two who lock crosswise wait for ever.
    shard = session.get_one(RescoringShard, shard_id, with_for_update=True, populate_existing=True)
    mine = (shard.state, shard.worker, shard.attempts) == (RunState.RUNNING, worker, attempt)
    return shard if mine else None


def end_shard(session: Session, shard: RescoringShard, state: RunState, error: str | None = None) -> int | None:
    """
    End the shard and, if it was the last one open, its run.

    Returns:
        Id of the market's shard when this was the last of its tiles, and now they can be merged.
    """
    get_run(session, shard.run_id, lock=True)
    shard.state, shard.error, shard.finished_at = state, error, func.now()
    if state is RunState.SUCCEEDED:
        shard.pairs_done = shard.pairs_total
    session.flush()
    merge_id = _end_tiles(session, shard) if shard.tile else None
    end_run_if_done(session, shard.run_id)
    return merge_id


def _end_tiles(session: Session, tile: RescoringShard) -> int | None:
    """Id of the market's shard if its tiles have all succeeded; if all have ended and not so, that shard fails."""
    market = session.scalars(
        select(RescoringShard)
        .where(
            RescoringShard.run_id == tile.run_id,
            RescoringShard.city_key == tile.city_key,
            RescoringShard.deal_type == tile.deal_type,
            RescoringShard.tile == 0,
            RescoringShard.state.in_(OPEN_STATES),
        )
        .with_for_update()
    ).one_or_none()
    if market is None:
        return None
    states = [each.state for each in tiles_of(session, market)]
    if any(state in OPEN_STATES for state in states):
        return None
    failed = sum(state is not RunState.SUCCEEDED for state in states)
    if not failed:
        return market.id
    market.state, market.finished_at = RunState.FAILED, func.now()
    market.error = f"{failed} of {len(states)} tiles failed"
    session.flush()
    return None


def end_run_if_done(session: Session, run_id: int) -> None:
    """Close a running run whose shards have all ended: failed if one failed, cancelled if one was, else succeeded."""
    run = get_run(session, run_id, lock=True)
    if run.state is not RunState.RUNNING:
        return
    states = set(session.scalars(select(RescoringShard.state).where(RescoringShard.run_id == run_id)))
    if states & set(OPEN_STATES):
        return
    run.state = next((bad for bad in (RunState.FAILED, RunState.CANCELLED) if bad in states), RunState.SUCCEEDED)
    run.finished_at = func.now()
    session.flush()


def cancel_run(session: Session, run_id: int) -> RescoringRun:
    """
    Cancel what of the run has not ended; workers notice at their next report.

    Raises:
        ConflictError: It has ended already.
    """
    run = get_run(session, run_id, lock=True)
    if run.state not in OPEN_STATES:
        raise ConflictError(f"Run {run.id} has {run.state}; there is nothing to cancel.")
    session.execute(
        update(RescoringShard)
        .where(RescoringShard.run_id == run_id, RescoringShard.state.in_(OPEN_STATES))
        .values(state=RunState.CANCELLED, finished_at=func.now())
    )
    forget_partials(session, select(RescoringShard.id).where(RescoringShard.run_id == run_id))
    run.state, run.finished_at = RunState.CANCELLED, func.now()
    session.flush()
    return run


def retry_failed(session: Session, run_id: int) -> tuple[RescoringRun, list[int]]:
    """
    Queue the run's failed shards again; the ids of those that can be worked on at once.

    Tiles whose partial lists are still there are not scored again.

    Raises:
        ConflictError: Nothing of it failed, or another open run has one of the markets.
    """
    run = get_run(session, run_id, lock=True)
    if run.state is not RunState.FAILED:
        raise ConflictError(f"Only a failed run can be retried; run {run.id} is {run.state}.")
    failed = select(RescoringShard).where(RescoringShard.run_id == run_id, RescoringShard.state == RunState.FAILED)
    shards = {shard.id: shard for shard in session.scalars(failed.order_by(RescoringShard.id))}
    for market in [shard for shard in shards.values() if shard.is_merge]:
        tiles = {tile.id: tile for tile in tiles_of(session, market)}
        kept = with_partials(session, list(tiles))
        shards |= {tile_id: tile for tile_id, tile in tiles.items() if tile_id not in kept}
    for shard in shards.values():
        busy = session.scalar(
            select(RescoringShard.run_id).where(
                RescoringShard.city_key == shard.city_key,
                RescoringShard.deal_type == shard.deal_type,
                RescoringShard.state.in_(OPEN_STATES),
                RescoringShard.run_id != run_id,
            )
        )
        if busy is not None:
            raise ConflictError(f"Run {busy} has the same market; wait for it or cancel it.")
    for shard in shards.values():
        shard.state, shard.attempts, shard.error, shard.finished_at = RunState.QUEUED, 0, None, None
    run.state, run.finished_at, run.error = (RunState.RUNNING if shards else RunState.QUEUED), None, None
    session.flush()
    ready = select(RescoringShard.id).where(RescoringShard.id.in_(shards), has_its_tiles())
    return run, list(session.scalars(ready.order_by(RescoringShard.id)))


def abandoned(session: Session) -> tuple[list[int], list[int]]:
    """(ids of runs never started, ids of shards waiting or abandoned): what the broker lost and the sweep sends again."""
    waiting = func.now() - LEASE
    run_ids = session.scalars(
        select(RescoringRun.id).where(RescoringRun.state == RunState.QUEUED, RescoringRun.created_at < waiting)
    )
    shard_ids = session.scalars(
        select(RescoringShard.id).where(
            or_(
                and_queued_long(waiting),
                (RescoringShard.state == RunState.RUNNING) & (RescoringShard.heartbeat_at < waiting),
            )
        )
    )
    return list(run_ids), list(shard_ids)


def and_queued_long(before):
    """Queued shards of runs that started before *before*."""
    return (RescoringShard.state == RunState.QUEUED) & has_its_tiles() & RescoringShard.run_id.in_(
        select(RescoringRun.id).where(RescoringRun.started_at < before, RescoringRun.state == RunState.RUNNING)
    )


def difference_of(session: Session, run_id: int) -> dict[str, object] | None:
    """What the run's published shards changed against the lists before; None while none is published."""
    shard = RescoringShard
    changes = func.sum(shard.mean_score_change * shard.lists_total)
    weights = func.sum(shard.lists_total).filter(shard.mean_score_change.is_not(None))
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
    return dict(zip(names, (int(row[0]), int(row[1]), None if row[2] is None else float(row[2]), int(row[3])), strict=True))


def runs_by_state(session: Session) -> dict[RunState, int]:
    """How many runs are in each state; states without any are left out."""
    return dict(session.execute(select(RescoringRun.state, func.count()).group_by(RescoringRun.state)).all())


def seconds_since_full_run(session: Session) -> float | None:
    """Since a run over everything last succeeded; None if none has."""
    newest = select(func.max(RescoringRun.finished_at)).where(
        RescoringRun.scope == RunScope.ALL, RescoringRun.state == RunState.SUCCEEDED
    )
    ended = session.scalar(newest)
    return None if ended is None else (database_now(session) - ended).total_seconds()


def progress_of(session: Session, run_ids: list[int]) -> dict[int, dict[str, object]]:
    """Per run: shards by state, pairs done and total, pairs a second so far, seconds left (null: unknown)."""
    found: dict[int, dict[str, object]] = {}
    ended = case((RescoringShard.state.in_(OPEN_STATES), None), else_=RescoringShard.finished_at)
    query = (
        select(
            RescoringShard.run_id,
            RescoringShard.state,
            func.count(),
            func.sum(RescoringShard.pairs_done),
            func.sum(RescoringShard.pairs_total),
            func.extract("epoch", func.coalesce(func.max(ended), func.now()) - func.min(RescoringShard.started_at)),
        )
        .where(RescoringShard.run_id.in_(run_ids))
        .group_by(RescoringShard.run_id, RescoringShard.state)
    )
    for run_id, state, count, done, total, seconds in session.execute(query):
        entry = found.setdefault(run_id, {"shards": {}, "pairs_done": 0, "pairs_total": 0, "seconds": 0.0})
        entry["shards"][state.value] = count
        entry["pairs_done"] += int(done)
        entry["pairs_total"] += int(total)
        entry["seconds"] = max(entry["seconds"], float(seconds or 0))
    for entry in found.values():
        rate = entry["pairs_done"] / entry["seconds"] if entry["seconds"] else None
        left = entry["pairs_total"] - entry["pairs_done"]
        entry["pairs_per_second"] = rate
        entry["eta_seconds"] = left / rate if rate else None
    return found
