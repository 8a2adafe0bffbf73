"""Inputs of prospects' quality scores, storage of the scores, and the model fitted to a niche's outcomes.

The arithmetic is in `matching.prospect_quality.scoring`; this module reads its inputs and stores its results.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Subquery,
    Uuid,
    case,
    column,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import TypeEngine

from models.core.base import Base
from models.core.locks import lock_until_commit
from models.leadgen.messages import Message, Sender
from models.leadgen.niches import Niche
from models.leadgen.prospects import Prospect, ProspectStatus, Touch

#: The final statuses that a model learns from.
OUTCOMES = (ProspectStatus.WON, ProspectStatus.LOST, ProspectStatus.SPAM)


class QualityModel(Base):
    """The last fit to a niche's outcomes, whether or not it beat the rules."""

    __tablename__ = "quality_models"

    niche_id: Mapped[UUID] = mapped_column(ForeignKey("niches.id", ondelete="CASCADE"), primary_key=True)
    #: The fitted model's numbers; null: the rules stay in use.
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: The quality of rules and model on held-out outcomes.
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outcomes: Mapped[int] = mapped_column(Integer)  #: The number of outcomes that it was fitted to.
    fitted_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class ProspectFacts:
    """All inputs of a prospect's score."""

    id: UUID
    version: int
    niche_id: UUID | None
    source: str
    has_phone: bool
    has_account: bool
    has_notes: bool
    budget: Decimal | None
    status: ProspectStatus
    touches: int  #: The first contact included.
    messages: int  #: Written by the prospect.
    answer_minutes: float | None  #: Median wait for the prospect's answer; None: never answered.


def facts_of(session: Session, prospect_ids: Sequence[UUID]) -> list[ProspectFacts]:
    """The facts of the prospects that exist, in order of their ids."""
    conversations = _conversations(Message.prospect_id.in_(prospect_ids))
    touches = (
        select(Touch.prospect_id, func.count().label("count"))
        .where(Touch.prospect_id.in_(prospect_ids))
        .group_by(Touch.prospect_id)
        .subquery()
    )
    query = (
        select(
            Prospect.id,
            Prospect.version,
            Prospect.niche_id,
            Prospect.source,
            Prospect.phone.is_not(None),
            Prospect.platform_user_id.is_not(None),
            func.coalesce(Prospect.notes, "") != "",
            Prospect.budget,
            Prospect.status,
            1 + func.coalesce(touches.c.count, 0),
            func.coalesce(conversations.c.messages, 0),
            conversations.c.answer_minutes,
        )
        .outerjoin(touches, touches.c.prospect_id == Prospect.id)
        .outerjoin(conversations, conversations.c.prospect_id == Prospect.id)
        .where(Prospect.id.in_(prospect_ids))
        .order_by(Prospect.id)
    )
    return [ProspectFacts(*row) for row in session.execute(query)]


def _conversations(condition: ColumnElement[bool]) -> Subquery:
    """Per prospect: the number of messages they wrote, and the median wait in minutes for their answers to ours."""
    in_order = (Message.created_at, Message.id)
    previous_sender = func.lag(Message.sender).over(partition_by=Message.prospect_id, order_by=in_order)
    previous_time = func.lag(Message.created_at).over(partition_by=Message.prospect_id, order_by=in_order)
    turns = (
        select(
            Message.prospect_id,
            Message.sender,
            previous_sender.label("before"),
            (Message.created_at - previous_time).label("wait"),
        )
        .where(condition)
        .subquery()
    )
    minutes = func.extract("epoch", turns.c.wait) / 60
    answered = case((turns.c.before != Sender.LEAD, minutes))  # percentile_cont ignores the nulls of the rest
    return (
        select(
            turns.c.prospect_id,
            func.count().label("messages"),
            func.percentile_cont(0.5).within_group(answered.asc()).label("answer_minutes"),
        )
        .where(turns.c.sender == Sender.LEAD)
        .group_by(turns.c.prospect_id)
        .subquery()
    )


def median_budgets(session: Session, niche_ids: Iterable[UUID]) -> dict[UUID, float]:
    """Return the median budget of each niche's prospects, for niches where any prospect named one."""
    median = func.percentile_cont(0.5).within_group(Prospect.budget.asc())
    query = (
        select(Prospect.niche_id, median)
        .where(Prospect.niche_id.in_(niche_ids), Prospect.budget > 0)
        .group_by(Prospect.niche_id)
    )
    return {niche_id: float(budget) for niche_id, budget in session.execute(query)}


def models_of(session: Session, niche_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the parameters of the models that are in use in these niches."""
    query = select(QualityModel.niche_id, QualityModel.parameters).where(
        QualityModel.niche_id.in_(niche_ids), QualityModel.parameters.is_not(None)
    )
    return {niche_id: parameters for niche_id, parameters in session.execute(query) if parameters is not None}


def stale_prospects(session: Session, after: UUID | None, limit: int) -> list[UUID]:
    """Return ids of prospects whose score is not of their present version, in order, starting after *after*."""
    query = select(Prospect.id).where(Prospect.scored_version.is_distinct_from(Prospect.version))
    if after is not None:
        query = query.where(Prospect.id > after)
    return list(session.scalars(query.order_by(Prospect.id).limit(limit)))


#: The fields of a score that :func:`store_scores` accepts.
_SCORE: dict[str, type[TypeEngine[Any]]] = {
    "id": Uuid,
    "version": Integer,
    "score": SmallInteger,
    "method": String,
    "reasons": JSONB,
}


def store_scores(session: Session, scores: Sequence[Mapping[str, Any]]) -> None:
    """
    Store scores; each has `id`, `version` (that it was computed from), `score`, `method` and `reasons`.

    A prospect that changed meanwhile keeps its newer score, or stays stale.
    """
    # Locked in the order of ids, so that two workers cannot deadlock.
    scored = select(Prospect.id).where(Prospect.id.in_([score["id"] for score in scores]))
    session.execute(scored.order_by(Prospect.id).with_for_update(key_share=True))
    # One statement for all: a statement for each took ten times as long.
    given = [{name: score[name] for name in _SCORE} | {"id": str(score["id"])} for score in scores]
    columns: list[ColumnClause[Any]] = [column(name, kind) for name, kind in _SCORE.items()]
    new = func.jsonb_to_recordset(literal(given, JSONB)).table_valued(*columns, name="new_scores")
    new = new.render_derived(with_types=True)
    session.execute(
        update(Prospect)
        .where(Prospect.id == new.c.id, func.coalesce(Prospect.scored_version, 0) <= new.c.version)
        .values(
            quality_score=new.c.score,
            quality_method=new.c.method,
            quality_reasons=new.c.reasons,
            scored_version=new.c.version,
            updated_at=Prospect.updated_at,  # a score is not an edit
        )
        .execution_options(synchronize_session=False)
    )


# -- Learning ----------------------------------------------------------------------------------------------------------


def niches_to_fit(session: Session, min_outcomes: int) -> list[tuple[UUID, int]]:
    """
    Return (id, number of outcomes) of the niches to fit.

    These are niches with at least *min_outcomes* outcomes whose number has changed since the last fit.
    """
    ended = (
        select(Prospect.niche_id, func.count().label("count"))
        .where(Prospect.status.in_(OUTCOMES), Prospect.niche_id.is_not(None))
        .group_by(Prospect.niche_id)
        .having(func.count() >= min_outcomes)
        .subquery()
    )
    query = (
        select(ended.c.niche_id, ended.c.count)
        .join(Niche, Niche.id == ended.c.niche_id)
        .outerjoin(QualityModel, QualityModel.niche_id == ended.c.niche_id)
        .where(Niche.archived_at.is_(None), func.coalesce(QualityModel.outcomes, 0) != ended.c.count)
    )
    return [(niche_id, count) for niche_id, count in session.execute(query.order_by(ended.c.niche_id))]


def ended_prospects(session: Session, niche_id: UUID, limit: int) -> list[UUID]:
    """Return ids of the niche's newest prospects with a final status."""
    query = select(Prospect.id).where(Prospect.niche_id == niche_id, Prospect.status.in_(OUTCOMES))
    return list(session.scalars(query.order_by(Prospect.created_at.desc(), Prospect.id.desc()).limit(limit)))


def store_model(
    session: Session, niche_id: UUID, parameters: Mapping[str, Any] | None, report: Mapping[str, Any], outcomes: int
) -> None:
    """Store a fit; if its parameters differ from the stored ones, all scores of the niche become stale."""
    # Locked, because two workers that fit at the same moment would both compare with the older parameters.
    lock_until_commit(session, f"quality-model:{niche_id}")
    before = session.scalar(select(QualityModel.parameters).where(QualityModel.niche_id == niche_id))
    row = {"parameters": parameters, "report": report, "outcomes": outcomes, "fitted_at": func.now()}
    statement = insert(QualityModel).values(niche_id=niche_id, **row)
    session.execute(statement.on_conflict_do_update(constraint="pk_quality_models", set_=row))
    if parameters != before:
        session.execute(
            update(Prospect)
            .where(Prospect.niche_id == niche_id)
            .values(version=Prospect.version + 1, updated_at=Prospect.updated_at)
            .execution_options(synchronize_session=False)
        )
