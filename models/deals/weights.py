"""Learnt weights of the criteria: their versions, which of them are live, and the actions they are learnt from.

A weight set belongs to one market or, without one, to all markets that have no set of their own. At most one set of
each scope is *live*; without one, the engine's default weights are used. A market's lists change to the live set with
the next run over it. Until then they keep the set of their last full computation (``markets.weights_id``), so that all
lists of a market are scored with the same weights.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    CompoundSelect,
    Index,
    Integer,
    Select,
    String,
    and_,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import ActionKind, DealType, FeedActionKind, Origin
from models.core.errors import ConflictError, NotFoundError
from models.core.locks import lock_until_commit
from models.deals.actions import Action
from models.deals.errors import WeightsLiveAlreadyError
from models.deals.feed import FeedAction
from models.market.leads import Lead
from models.market.properties import Property
from models.market.sample_keys import is_no_sample

#: (city_key, deal_type); None means the global set.
Scope = tuple[str, DealType] | None


class AnyScope(Enum):
    """The argument of :func:`weight_sets` that selects the sets of all scopes."""

    ANY = "any"


class WeightSet(Base):
    """One version of the weights, with its quality when it was stored."""

    __tablename__ = "weight_sets"
    __table_args__ = (
        CheckConstraint("(city_key IS NULL) = (deal_type IS NULL)", name="a_market_has_both_names"),
        Index(
            "uq_weight_sets_live",
            "city_key",
            "deal_type",
            unique=True,
            postgresql_where=text("is_live"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    city_key: Mapped[str | None] = mapped_column(String(110))
    deal_type: Mapped[DealType | None] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    #: Criterion to weight; they add up to 1.
    weights: Mapped[dict[str, float]] = mapped_column(JSONB)
    #: The number of actions that it was fitted on, and the number of all actions.
    actions: Mapped[int] = mapped_column(Integer)
    actions_said: Mapped[int] = mapped_column(Integer)
    #: Held-out log-loss per action of the previously live set and of this one, and the standard error of the
    #: difference.
    present_loss: Mapped[float]
    fitted_loss: Mapped[float]
    standard_error: Mapped[float]
    is_live: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[CreatedAt]

    @property
    def scope(self) -> Scope:
        """The market that the set belongs to; None: all markets without a set of their own."""
        if self.city_key is None or self.deal_type is None:
            return None
        return self.city_key, self.deal_type


@dataclass(frozen=True)
class PairAction:
    """One side's like or dislike of a pair."""

    market: tuple[str, DealType]
    lead_id: int
    property_id: int
    liked: bool
    #: Rank in that side's list at the time, 1 is best; None: unknown, or not shown in a list.
    rank: int | None


def weight_sets(scope: Scope | AnyScope = AnyScope.ANY) -> Select[WeightSet]:
    """Select versions of one scope or of all, newest first."""
    query = select(WeightSet).order_by(WeightSet.id.desc())
    return query if isinstance(scope, AnyScope) else query.where(_is_of(scope))


def live_set(session: Session, scope: Scope) -> WeightSet | None:
    """Return the set that is live for exactly this scope."""
    return session.scalar(select(WeightSet).where(_is_of(scope), WeightSet.is_live))


def current_set(session: Session, scope: Scope) -> WeightSet | None:
    """
    Return the set for the next run over a market: its own live set, otherwise the global one, otherwise None
    (defaults).
    """
    return live_set(session, scope) or (live_set(session, None) if scope else None)


def get_set(session: Session, set_id: int) -> WeightSet:
    """Return a set; raises NotFoundError if there is none with this id."""
    weight_set = session.get(WeightSet, set_id)
    if weight_set is None:
        raise NotFoundError("weight set")
    return weight_set


def weights_of(session: Session, weights_id: int | None) -> dict[str, float] | None:
    """Return the weights of a set; None: the default weights."""
    return None if weights_id is None else session.get_one(WeightSet, weights_id).weights


def store_live_set(session: Session, new: WeightSet) -> WeightSet:
    """Store a new set and make it the live one of its scope."""
    _lock_weight_sets(session)
    session.execute(update(WeightSet).where(_is_of(new.scope), WeightSet.is_live).values(is_live=False))
    new.is_live = True
    session.add(new)
    session.flush()
    return new


def rollback(session: Session, scope: Scope, set_id: int | None = None) -> WeightSet | None:
    """
    Make an earlier set of the scope live again: *set_id*, or the one before the live one.

    Returns:
        The set that is live now. None if there was no earlier one: a market then uses the global set, and the global
        scope the default weights.
    Raises:
        NotFoundError: The scope has no set of that id.
        ConflictError: The set is live already, or no set is live that could be rolled back.
    """
    _lock_weight_sets(session)
    live = live_set(session, scope)
    if set_id is not None:
        target = session.scalar(weight_sets(scope).where(WeightSet.id == set_id))
        if target is None:
            raise NotFoundError("weight set")
        if target is live:
            raise WeightsLiveAlreadyError(set_id=set_id)
    elif live is None:
        raise ConflictError("weights.nothing_live")
    else:
        target = session.scalar(weight_sets(scope).where(WeightSet.id < live.id).limit(1))
    if live is not None:
        live.is_live = False
        session.flush()
    if target is not None:
        target.is_live = True
        session.flush()
    return target


def actions_by_market(session: Session) -> dict[tuple[str, DealType], int]:
    """Return the number of actions in each market, largest first."""
    actions = _pair_actions().subquery()
    query = select(actions.c.city_key, actions.c.deal_type, func.count().label("count"))
    query = query.group_by(actions.c.city_key, actions.c.deal_type).order_by(func.count().desc(), actions.c.city_key)
    return {(city_key, deal_type): count for city_key, deal_type, count in session.execute(query)}


def newest_actions(session: Session, scope: Scope, limit: int) -> list[PairAction]:
    """Return the newest actions, newest first: in one market, or (None) in all."""
    actions = _pair_actions().subquery()
    newest = (actions.c.acted_at.desc(), actions.c.lead_id, actions.c.property_id)
    query = select(actions).order_by(*newest).limit(limit)
    if scope:
        query = query.where(actions.c.city_key == scope[0], actions.c.deal_type == scope[1])
    return [
        PairAction((row.city_key, row.deal_type), row.lead_id, row.property_id, row.liked, row.rank)
        for row in session.execute(query)
    ]


def _pair_actions() -> CompoundSelect[*tuple[Any, ...]]:
    """
    Likes and dislikes of both sides of pairs that are still in one market, without samples; a match is two likes.

    In the feed, which shows one listing at a time, a favourite is a like too.
    """
    together = and_(Property.city_key == Lead.city_key, Property.deal_type == Lead.deal_type, is_no_sample(Lead))
    market = (Lead.city_key, Lead.deal_type)
    in_lists = (
        select(
            *market,
            Lead.id.label("lead_id"),
            Property.id.label("property_id"),
            (Action.kind == ActionKind.LIKE).label("liked"),
            Action.list_place.label("rank"),
            Action.acted_at,
        )
        .join(Lead, Lead.id == Action.lead_id)
        .join(Property, and_(Property.id == Action.property_id, together))
    )
    in_feed = (
        select(
            *market,
            Lead.id,
            Property.id,
            FeedAction.action != FeedActionKind.DISLIKE,
            literal(None, Integer()),
            FeedAction.acted_at,
        )
        .select_from(FeedAction)
        .join(Lead, and_(Lead.owner_id == FeedAction.user_id, Lead.origin == Origin.TINDER))
        .join(Property, and_(Property.id == FeedAction.property_id, together))
    )
    return union_all(in_lists, in_feed)


def _is_of(scope: Scope) -> ColumnElement[bool]:
    if scope is None:
        return and_(WeightSet.city_key.is_(None), WeightSet.deal_type.is_(None))
    return and_(WeightSet.city_key == scope[0], WeightSet.deal_type == scope[1])


def _lock_weight_sets(session: Session) -> None:
    # Two simultaneous changes of the live set would violate the unique index.
    lock_until_commit(session, "weight-sets")
