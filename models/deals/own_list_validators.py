"""
Check by one statement whether a list of the caller's own rows is unchanged since a certain moment.

This is like :mod:`models.deals.list_validators` for pages of recommendations. A list is built from the caller's rows
and their related rows (matches; in lists of matches also the other side's row and its owner). It is unchanged if none
of them was written in a transaction of the moment or later and their number is the same. All of the owner's rows count,
whichever page is requested, so that the order and the total are covered as well.

The validator is read before the page, so the page is never older. A write between the two makes the tag stale at once,
which costs its client one more full answer.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, TextClause, bindparam, text

from models.accounts.tokens import Claims
from models.deals.list_validators import CALLER_IS_VALID, CALLER_PARAMETERS, NEWER, PageState, Validator, state_of_row


class OwnList(StrEnum):
    """A list of the caller's own rows."""

    LEADS = "leads"
    PROPERTIES = "properties"
    MATCHES_OF_LEAD = "matches_of_lead"
    MATCHES_OF_PROPERTY = "matches_of_property"


def current_own_list(
    connection: Connection, claims: Claims, kind: OwnList, known: Validator | None, row_id: int | None = None
) -> PageState | None:
    """
    The state of a list of the caller's, compared with *known*.

    Args:
        row_id: The lead or property whose matches are listed.
    Returns:
        None if the token is void, or the lead or property is absent or somebody else's.
    """
    values = {"row_id": row_id, "since": known.moment if known else 0, **vars(claims)}
    return state_of_row(connection.execute(_STATEMENTS[kind], values).one_or_none(), known)


_WHOLE = """
WITH part AS ({parts})
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    (SELECT sum(rows) FROM part)::bigint, (SELECT coalesce(bool_or(is_newer), false) FROM part)
FROM users AS caller
WHERE {caller_holds} AND {mine}
"""

_PART = "SELECT count(*) AS rows, bool_or({newer}) AS is_newer FROM {rows}"

#: The rows of each list: aliases of tables, and the conditions that select their rows.
_PARTS = {
    OwnList.LEADS: (
        ("mine", "leads AS mine WHERE mine.owner_id = :user_id"),
        (
            "matched",
            "leads AS mine JOIN matches AS matched ON matched.lead_id = mine.id WHERE mine.owner_id = :user_id",
        ),
    ),
    OwnList.PROPERTIES: (
        ("mine", "properties AS mine WHERE mine.owner_id = :user_id"),
        (
            "matched",
            "properties AS mine JOIN matches AS matched ON matched.property_id = mine.id"
            " WHERE mine.owner_id = :user_id",
        ),
    ),
    OwnList.MATCHES_OF_LEAD: (
        ("matched", "matches AS matched WHERE matched.lead_id = :row_id"),
        (
            "other",
            "matches AS matched JOIN properties AS other ON other.id = matched.property_id"
            " WHERE matched.lead_id = :row_id",
        ),
        (
            "owner",
            "matches AS matched JOIN properties AS other ON other.id = matched.property_id"
            " JOIN users AS owner ON owner.id = other.owner_id WHERE matched.lead_id = :row_id",
        ),
    ),
    OwnList.MATCHES_OF_PROPERTY: (
        ("matched", "matches AS matched WHERE matched.property_id = :row_id"),
        (
            "other",
            "matches AS matched JOIN leads AS other ON other.id = matched.lead_id WHERE matched.property_id = :row_id",
        ),
        (
            "owner",
            "matches AS matched JOIN leads AS other ON other.id = matched.lead_id"
            " JOIN users AS owner ON owner.id = other.owner_id WHERE matched.property_id = :row_id",
        ),
    ),
}
#: Whether the caller owns the row whose matches are listed.
_MINE = {
    OwnList.MATCHES_OF_LEAD: "EXISTS (SELECT FROM leads WHERE id = :row_id AND owner_id = :user_id)",
    OwnList.MATCHES_OF_PROPERTY: "EXISTS (SELECT FROM properties WHERE id = :row_id AND owner_id = :user_id)",
}


def _statement(kind: OwnList) -> TextClause:
    parts = "\n    UNION ALL ".join(_PART.format(newer=NEWER.format(row=row), rows=rows) for row, rows in _PARTS[kind])
    sql = _WHOLE.format(parts=parts, caller_holds=CALLER_IS_VALID, mine=_MINE.get(kind, "true"))
    parameters: list[BindParameter[Any]] = [bindparam("since", type_=BigInteger), *CALLER_PARAMETERS]
    if kind in _MINE:
        parameters.append(bindparam("row_id", type_=BigInteger))
    return text(sql).bindparams(*parameters)


_STATEMENTS = {kind: _statement(kind) for kind in OwnList}
