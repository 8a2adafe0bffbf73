"""Changes of a user's lists, matches and chats since a moment, by id.

The moment is a transaction number: all earlier transactions had ended. Rows carry the number of the transaction that
wrote them (lists in `changed_in`, other rows in PostgreSQL's own `xmin`), so the tables are their own log: nothing is
stored for readers, no change is missed however transactions overlap, and a reader may return after hours. A reader that
returns later than :data:`OLDEST`, or from another database, has to start again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

#: The number of transactions after which a moment is too old. PostgreSQL's short numbers wrap around after four times
#: as many.
OLDEST = 2**30
#: The maximum number of ids of each kind in one reading; if more have changed, the reader should start again.
MAX_IDS = 500


class ChangeKind(StrEnum):
    """The kind of object that a change's ids name."""

    LEAD_LIST = "lead_recommendations"  #: Leads whose lists of properties changed.
    PROPERTY_LIST = "property_recommendations"  #: Properties whose lists of leads changed.
    MATCH = "match"
    CHAT = "chat"


@dataclass(frozen=True)
class Changes:
    """The result of one reading.

    Args:
        moment: The moment at which the next reading begins.
        written: Kind -> id -> the transaction that wrote it last; a row that is read twice has the same one.
        is_reset: There may be more changes than were read: the reader has to read everything again.
    """

    moment: int
    written: Mapping[ChangeKind, Mapping[int, int]]
    is_reset: bool = False


def current_moment(session: Session) -> int:
    """The current moment, from which reading starts."""
    return session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")) or 0


def changes_since(session: Session, user_id: int, moment: int) -> Changes:
    """The user's changes since *moment*; ids that are repeated were changed in the same transaction."""
    now, newest = session.execute(_NOW).one()
    if moment > newest or newest - moment > OLDEST:
        return Changes(now, {}, is_reset=True)
    written: dict[ChangeKind, dict[int, int]] = {kind: {} for kind in ChangeKind}
    # Not before the moment of this reading: later writes appear in the next one as well.
    named: dict[str, Any] = {"user_id": user_id, "moment": moment, "maximum": MAX_IDS + 1}
    for kind, row_id, number in session.execute(_CHANGED, named):
        written[ChangeKind(kind)][row_id] = number
    return Changes(now, written, is_reset=any(len(rows) > MAX_IDS for rows in written.values()))


_NOW = text(
    "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint FROM pg_current_snapshot() AS now"
)


def _newer(table: str) -> str:
    """A condition: the row was written in a transaction of :moment or after it, by its short number."""
    return f"(({table}.xmin::text::bigint - CAST(:moment AS bigint)) & 4294967295) < 2147483648"


# Lists are found by the index on the transaction, because a user may have thousands; matches and chats by their owner.
_CHANGED = text(
    f"""
    (SELECT 'lead_recommendations' AS kind, list.lead_id AS id, list.changed_in AS number
     FROM lead_recommendations AS list JOIN leads ON leads.id = list.lead_id
     WHERE list.changed_in >= :moment AND leads.owner_id = :user_id LIMIT :maximum)
    UNION ALL
    (SELECT 'property_recommendations', list.property_id, list.changed_in
     FROM property_recommendations AS list JOIN properties ON properties.id = list.property_id
     WHERE list.changed_in >= :moment AND properties.owner_id = :user_id LIMIT :maximum)
    UNION ALL
    (SELECT 'match', matches.id, matches.xmin::text::bigint
     FROM leads JOIN matches ON matches.lead_id = leads.id
     WHERE leads.owner_id = :user_id AND {_newer("matches")} LIMIT :maximum)
    UNION ALL
    (SELECT 'match', matches.id, matches.xmin::text::bigint
     FROM properties JOIN matches ON matches.property_id = properties.id
     WHERE properties.owner_id = :user_id AND {_newer("matches")} LIMIT :maximum)
    UNION ALL
    (SELECT 'chat', chats.id, chats.xmin::text::bigint
     FROM chats WHERE chats.buyer_id = :user_id AND {_newer("chats")} LIMIT :maximum)
    UNION ALL
    (SELECT 'chat', chats.id, chats.xmin::text::bigint
     FROM chats WHERE chats.seller_id = :user_id AND {_newer("chats")} LIMIT :maximum)
    """  # noqa: S608 - the condition's names are ours
)
