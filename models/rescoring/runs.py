"""Rescoring runs: requests, their states, and their shards.

A run has a *shard* for each market, which workers claim (:mod:`models.rescoring.shards`). A market too big for one
worker has another for each of its *tiles* (:mod:`models.rescoring.tiles`): these store partial lists, and the market's
own shard, tile 0, merges and publishes them when all have succeeded. The run ends with its last shard.

    queued -> running -> succeeded | failed | cancelled
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.core.base import Base, CreatedAt, Id, enum_column, utc_now
from models.core.enums import ENGINE_ROLES, OPEN_STATES, DealType, RunScope, RunState
from models.core.errors import NotFoundError
from models.core.locks import lock_until_commit
from models.market.town_aliases import city_in
from models.ranking.generations import HasGeneration
from models.rescoring.errors import RunEndedError, RunInProgressError
from models.rescoring.partial_lists import delete_partials
from models.webhooks.events import record_events
from models.webhooks.tables import EventType


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
    scope: Mapped[RunScope] = mapped_column(enum_column(RunScope, "scope_is_known"))
    city_key: Mapped[str | None] = mapped_column(String(110))
    deal_type: Mapped[DealType | None] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    state: Mapped[RunState] = mapped_column(enum_column(RunState, "state_is_known"), default=RunState.QUEUED)
    #: The requester: "ops:<user id>", "cli", "schedule:<the message's id>", "sweep".
    requested_by: Mapped[str] = mapped_column(String(50))
    text_model_id: Mapped[int | None] = mapped_column(ForeignKey("text_models.id"))
    #: Why its shards could not be planned; shards have errors of their own.
    error: Mapped[str | None] = mapped_column(Text)
    #: Seconds of each stage before its shards existed: fitting the text model, planning.
    stages: Mapped[dict[str, float]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    shards: Mapped[list["RescoringShard"]] = relationship(back_populates="run", order_by="RescoringShard.id")


class RescoringShard(HasGeneration, Base):
    """
    One market's part of a run, or one tile of a big market.

    It computes lists with its generation. The tiles of a market and the shard that merges them share the generation of
    the moment when the run was planned, whatever is set or learnt meanwhile.
    """

    __tablename__ = "rescoring_shards"
    __table_args__ = (
        Index("ix_rescoring_shards_run", "run_id"),
        # Two runs never rescore a market at the same time.
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
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    #: 0: the market itself; 1, 2, ...: a tile of it.
    tile: Mapped[int] = mapped_column(Integer, default=0)
    #: The market's number of tiles in this run; 0: the market is scored whole.
    tiles: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    #: A tile contains the ids from the first bound up to, but excluding, the second; null: no bound.
    leads_from: Mapped[int | None]
    leads_below: Mapped[int | None]
    properties_from: Mapped[int | None]
    properties_below: Mapped[int | None]
    #: A tile contains all writes of transactions before this one.
    seen: Mapped[int | None]
    state: Mapped[RunState] = mapped_column(enum_column(RunState, "state_is_known"), default=RunState.QUEUED)
    pairs_total: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pairs_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    worker: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    heartbeat_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    #: The number of published lists, and how many of them have other entries than before, or the same ones in another
    #: order.
    lists_total: Mapped[int | None]
    lists_changed: Mapped[int | None]
    #: How many of them have a first score and replaced a list with one, and the average change of these first scores:
    #: -100 to 100.
    lists_compared: Mapped[int | None]
    mean_score_change: Mapped[float | None]
    #: Entities on which the engine failed, and which are in no list: [{"side", "id", "error"}].
    skipped: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    #: Seconds of each stage of the attempt that succeeded, in order of time, and "peak_mb", the peak memory of its
    #: process.
    stages: Mapped[dict[str, float]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))

    @property
    def is_merge(self) -> bool:
        """Whether it merges and publishes the partial lists of its market's tiles."""
        return self.tile == 0 and self.tiles > 0

    @property
    def seconds(self) -> float | None:
        """The duration of its last attempt, so far or in all; None before it began."""
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
    Request a run.

    Args:
        once: *requested_by* gets only one run ever, because the message that requests it may be delivered again long
            after the run has ended.
    Returns:
        The run, and whether it is new: a request equal to an open run's joins that run.
    Raises:
        ConflictError: An open run covers a part of the request.
    """
    city_key = city_in(session, city).key if city else None
    lock_run_requests(session)
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
            raise RunInProgressError(run_id=run.id, scope=run.scope)
    run = RescoringRun(scope=scope, requested_by=requested_by, city_key=city_key, deal_type=deal_type)
    session.add(run)
    session.flush()
    return run, True


def lock_run_requests(session: Session) -> None:
    """
    Keep others from requesting, planning or retrying a run until the transaction ends.

    Two simultaneous requests would each find no open run.
    """
    lock_until_commit(session, "request-run")


def get_run(session: Session, run_id: int, *, lock: bool = False) -> RescoringRun:
    """The run; raises NotFoundError."""
    run = session.get(RescoringRun, run_id, with_for_update=True if lock else None, populate_existing=lock)
    if run is None:
        raise NotFoundError("rescoring run")
    return run


def runs(state: RunState | None = None) -> Select[RescoringRun]:
    """Runs, newest first."""
    query = select(RescoringRun).order_by(RescoringRun.id.desc())
    return query.where(RescoringRun.state == state) if state else query


def waiting_runs(session: Session) -> list[int]:
    """Ids of the runs without shards: just requested, or waiting for a market of another run."""
    return list(
        session.scalars(select(RescoringRun.id).where(RescoringRun.state == RunState.QUEUED).order_by(RescoringRun.id))
    )


def end_run_if_done(session: Session, run: RescoringRun) -> None:
    """
    End a running run whose shards have all ended: failed if one failed, cancelled if one was, else succeeded.

    The caller has locked the run.
    """
    if run.state is not RunState.RUNNING:
        return
    states_of = select(RescoringShard.state).where(RescoringShard.run_id == run.id)
    # A run has thousands of shards, so the end of each must not read all of them.
    if session.scalar(states_of.where(RescoringShard.state.in_(OPEN_STATES)).limit(1)) is not None:
        return
    states = set(session.scalars(states_of.distinct()))
    run.state = next((state for state in (RunState.FAILED, RunState.CANCELLED) if state in states), RunState.SUCCEEDED)
    run.finished_at = func.now()
    session.flush()
    _record_end(session, run)


def fail_run(session: Session, run_id: int, error: str) -> None:
    """End a run whose shards could not be planned; a run that has shards by now or has ended is not changed."""
    run = get_run(session, run_id, lock=True)
    if run.state is RunState.QUEUED:
        run.state, run.error, run.finished_at = RunState.FAILED, error, func.now()
        session.flush()
        _record_end(session, run)


def cancel_run(session: Session, run_id: int) -> RescoringRun:
    """
    Cancel the shards of the run that have not ended; workers notice at their next report.

    Raises:
        ConflictError: The run has ended already.
    """
    run = get_run(session, run_id, lock=True)
    if run.state not in OPEN_STATES:
        raise RunEndedError(run_id=run.id, state=run.state)
    session.execute(
        update(RescoringShard)
        .where(RescoringShard.run_id == run_id, RescoringShard.state.in_(OPEN_STATES))
        .values(state=RunState.CANCELLED, finished_at=func.now())
    )
    delete_partials(session, select(RescoringShard.id).where(RescoringShard.run_id == run_id))
    run.state, run.finished_at = RunState.CANCELLED, func.now()
    session.flush()
    _record_end(session, run)
    return run


def _record_end(session: Session, run: RescoringRun) -> None:
    """Notify administrators' webhooks that a run has ended."""
    facts = {"run_id": run.id, "scope": run.scope, "state": run.state}
    record_events(session, EventType.RUN_FINISHED, [(f"run:{run.id}", facts)], roles=ENGINE_ROLES)
