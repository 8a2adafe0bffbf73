"""A user's matches across all their leads and properties, and the lengths and best scores of their lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, any_, bindparam, func, literal_column, select
from sqlalchemy.orm import Session, aliased, contains_eager

from models.accounts.users import User
from models.core.enums import ActionKind, MatchStatus, Side
from models.core.errors import NotFoundError
from models.deals.actions import Action
from models.deals.match_table import Match
from models.deals.matches import match_ids_of
from models.market.leads import Lead
from models.market.properties import Property
from models.platform.prepared_statements import PREPARED
from models.ranking.recommendations import SIDE_TABLES

#: The statuses of open matches.
OPEN = (MatchStatus.PENDING, MatchStatus.ACCEPTED)


@dataclass(frozen=True)
class BoardMatch:
    """A match as one of its two owners sees it."""

    match: Match
    other: User
    side: Side  #: The user's own side.
    own_action: ActionKind | None  #: The user's last action on the pair.
    other_action: ActionKind | None


def matches_for(user: User) -> Select:
    """
    Select (match, owner of the other side, action of the lead's side, of the property's): open ones first, then by the
    latest change.
    """
    lead_action, property_action, other = aliased(Action), aliased(Action), aliased(User)
    query = (
        select(Match, other, lead_action.kind, property_action.kind)
        .join(Match.lead)
        .join(Match.property)
        .join(other, other.id == Lead.owner_id + Property.owner_id - user.id)
        .where(Match.id.in_(match_ids_of(user)))
        .options(contains_eager(Match.lead), contains_eager(Match.property))
        .order_by(Match.status.in_(OPEN).desc(), Match.updated_at.desc(), Match.id.desc())
    )
    for action, side in ((lead_action, Side.LEAD), (property_action, Side.PROPERTY)):
        same_pair = (action.lead_id == Match.lead_id) & (action.property_id == Match.property_id)
        query = query.outerjoin(action, same_pair & (action.side == side))
    return query


def counts_by_status(session: Session, user: User) -> dict[MatchStatus, int]:
    """The number of the user's matches in each status."""
    query = select(Match.status, func.count()).where(Match.id.in_(match_ids_of(user))).group_by(Match.status)
    return dict.fromkeys(MatchStatus, 0) | dict(session.execute(query).all())


def match_of(session: Session, user: User, match_id: int) -> BoardMatch:
    """
    One of the user's matches.

    Raises:
        NotFoundError: The user has no such match.
    """
    row = session.execute(matches_for(user).where(Match.id == match_id)).one_or_none()
    if row is None:
        raise NotFoundError("match")
    return board_match(user, row)


def board_match(user: User, row: Sequence) -> BoardMatch:
    """Turn a row of :func:`matches_for` into a match as *user* sees it."""
    match, other, by_lead, by_property = row
    if match.lead.owner_id == user.id:
        return BoardMatch(match, other, Side.LEAD, by_lead, by_property)
    return BoardMatch(match, other, Side.PROPERTY, by_property, by_lead)


def best_scores(session: Session, side: Side, row_ids: list[int]) -> dict[int, tuple[int, float | None]]:
    """Return (length of the stored list, its best score) of each lead or property that has a list."""
    rows = session.execute(_BEST_SCORES[side], {"row_ids": row_ids}, execution_options=PREPARED)
    return {row_id: (length, best) for row_id, length, best in rows}


def _best_scores(side: Side) -> Select[Any]:
    _, lists, key, ids = SIDE_TABLES[side]
    best: Any = lists.scores[literal_column("1")]
    return select(key, func.cardinality(ids), best).where(key == any_(bindparam("row_ids", type_=ARRAY(BigInteger))))


#: Built once, and planned once per connection.
_BEST_SCORES = {side: _best_scores(side) for side in Side}
