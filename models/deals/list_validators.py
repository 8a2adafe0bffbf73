"""
Check by one statement whether a page of a stored list is unchanged since a certain moment.

A page is built from rows: the list, its owner's lead or property, the entries and their owners, the adverts of the same
homes (of leads: other realtors' leads of the same client), the actions on the pairs, and, for properties, whether
matches have shared contacts. For each row PostgreSQL records the transaction that wrote it (`xmin`), whichever program
did. So a page is unchanged if none of its rows was written in a transaction of that moment or later, and if their
number is the same: deleted rows leave no other trace. The moment belongs to the snapshot in which the page was read. It
is the number of that snapshot's oldest running transaction; every transaction that ends later is newer.

In a market with the balanced order a page depends on more rows; it then has no validator.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, Float, Integer, Row, String, TextClause, bindparam, text

from models.accounts.tokens import IAT_SKEW, Claims
from models.core.enums import Side

#: The number of transactions after which a moment is too old. Short transaction numbers wrap around after four times as
#: many.
OLDEST = 2**30


@dataclass(frozen=True)
class Validator:
    """
    A page's moment, and the number of rows that it was built from.

    >>> Validator.of_text(Validator(48213, 107).text)
    Validator(moment=48213, rows=107)
    """

    moment: int
    rows: int

    @property
    def text(self) -> str:
        return f"{self.moment}-{self.rows}"

    @classmethod
    def of_text(cls, text_: str) -> "Validator | None":
        """None if the text is not a validator."""
        moment, _, rows = text_.partition("-")
        is_number = moment.isascii() and moment.isdigit() and rows.isascii() and rows.isdigit()
        return cls(int(moment), int(rows)) if is_number and len(moment) < 19 and len(rows) < 10 else None


@dataclass(frozen=True)
class PageState:
    """The current state of a page: its validator, and whether a row was written since the given moment."""

    validator: Validator
    is_newer: bool

    def equals(self, known: Validator) -> bool:
        """Whether the page is the same as when it had the given validator."""
        return not self.is_newer and self.validator.rows == known.rows


def page_state(
    connection: Connection, claims: Claims, side: Side, row_id: int, known: Validator | None
) -> PageState | None:
    """
    The state of the page of a list of the caller's, compared with *known*.

    Returns:
        None if the token is void, the list is absent or somebody else's, or its market has the balanced order.
    """
    row = connection.execute(
        _STATEMENTS[side], {"row_id": row_id, "since": known.moment if known else 0, **vars(claims)}
    ).one_or_none()
    return state_of_row(row, known)


def state_of_row(row: Row[*tuple[Any, ...]] | None, known: Validator | None) -> PageState | None:
    """The result of a statement: (moment, the snapshot's newest transaction, rows, whether any is newer)."""
    if row is None:
        return None
    moment, newest, rows, is_newer = row
    is_too_old = known is None or known.moment > newest or newest - known.moment > OLDEST
    return PageState(Validator(moment, rows), is_newer=is_newer or is_too_old)


#: Whether *row* was written in the transaction `:since` or after it.
NEWER = "(({row}.xmin::text::bigint - :since) & 4294967295) < 2147483648"

#: Whether the caller's token is valid; `caller` is a row of users. models.accounts.tokens has the same condition for
#: the ORM.
CALLER_IS_VALID = """caller.id = :user_id AND caller.is_active AND caller.token_version = :version
        AND NOT EXISTS (SELECT FROM revoked_tokens WHERE jti = :jti)
        AND :issued <= extract(epoch FROM now()) + :skew AND extract(epoch FROM now()) < :expires"""
CALLER_PARAMETERS: tuple[BindParameter[Any], ...] = (
    bindparam("user_id", type_=BigInteger),
    bindparam("version", type_=Integer),
    bindparam("jti", type_=String),
    bindparam("issued", type_=Float),
    bindparam("expires", type_=Float),
    bindparam("skew", value=IAT_SKEW, type_=Integer),
)

#: The SQL that both sides share; the rest depends on the side. `part` counts the rows of each table and checks whether
#: one is newer.
_WHOLE = """
WITH mine AS MATERIALIZED (
    SELECT mine.*, {newer_mine} AS is_newer, stored.{entries} AS ids, {newer_stored} AS is_list_newer
    FROM {mine} AS mine
    JOIN {lists} AS stored ON stored.{key} = mine.id
    JOIN users AS caller ON caller.id = mine.owner_id
    WHERE mine.id = :row_id AND {caller_holds}
        AND NOT EXISTS (SELECT FROM score_shifts AS shifts
                        WHERE (shifts.city_key, shifts.deal_type) = (mine.city_key, mine.deal_type))
        AND NOT EXISTS (SELECT FROM explored_offers AS offers
                        WHERE (offers.city_key, offers.deal_type) = (mine.city_key, mine.deal_type))
), entry AS MATERIALIZED (
    SELECT other.id, other.owner_id, {newer_other} AS is_newer
    FROM mine CROSS JOIN LATERAL unnest(mine.ids) AS listed (id) JOIN {other} AS other ON other.id = listed.id
), part AS (
    SELECT count(*) AS rows, bool_or(is_newer) AS is_newer FROM entry
    UNION ALL
    SELECT count(*), bool_or({newer_owner}) FROM entry JOIN users AS owner ON owner.id = entry.owner_id
    UNION ALL
    SELECT count(*), bool_or({newer_acted}) FROM mine JOIN actions AS acted ON acted.{acted} = mine.id
    {more}
)
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    1 + (SELECT coalesce(sum(rows), 0) FROM part)::bigint,
    mine.is_newer OR mine.is_list_newer OR (SELECT coalesce(bool_or(is_newer), false) FROM part)
FROM mine
"""

#: The adverts of the homes of a lead's entries: their groups' rows, properties and owners.
_ADVERTS = """
    UNION ALL
    SELECT count(*), bool_or({newer_group} OR {newer_advert} OR {newer_advertiser})
    FROM entry
    JOIN advert_groups AS own ON own.property_id = entry.id
    JOIN advert_groups AS grouped ON grouped.group_id = own.group_id
    JOIN properties AS advert ON advert.id = grouped.property_id
    JOIN users AS advertiser ON advertiser.id = advert.owner_id
"""
#: Leads of the same client as a property's entries, and the property's matches.
_CLIENTS = """
    UNION ALL
    SELECT count(*), bool_or({newer_keyed})
    FROM entry
    JOIN client_keys AS own ON own.lead_id = entry.id
    JOIN client_keys AS keyed ON keyed.key = own.key
    UNION ALL
    SELECT count(*), bool_or({newer_matched}) FROM mine JOIN matches AS matched ON matched.property_id = mine.id
"""


def _statement(side: Side) -> TextClause:
    names = {
        f"newer_{row}": NEWER.format(row=row)
        for row in ("mine", "stored", "other", "owner", "acted", "group", "advert", "advertiser", "keyed", "matched")
    }
    names["newer_group"] = NEWER.format(row="grouped")
    of_lead = side is Side.LEAD
    more = (_ADVERTS if of_lead else _CLIENTS).format(**names)
    sql = _WHOLE.format(
        **names,
        more=more,
        caller_holds=CALLER_IS_VALID,
        mine="leads" if of_lead else "properties",
        other="properties" if of_lead else "leads",
        lists="lead_recommendations" if of_lead else "property_recommendations",
        key="lead_id" if of_lead else "property_id",
        entries="property_ids" if of_lead else "lead_ids",
        acted="lead_id" if of_lead else "property_id",
    )
    return text(sql).bindparams(
        bindparam("row_id", type_=BigInteger), bindparam("since", type_=BigInteger), *CALLER_PARAMETERS
    )


_STATEMENTS = {side: _statement(side) for side in Side}
