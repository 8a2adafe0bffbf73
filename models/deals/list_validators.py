"""
Whether a page of a stored list shows what it showed at a moment, by one statement.

A page is made of rows: the list, its owner's lead or property, the entries and their owners, the adverts of the same
homes (of leads: other realtors' leads of the same client), what was said of the pairs, and, for properties, whether
matches have shared contacts. PostgreSQL knows of each row which transaction wrote it (`xmin`), by whatever hand. So a
page is unchanged if none of them was written in a transaction of that moment or after it, and there are as many: what
was deleted leaves no other trace. The moment is of the snapshot that the page was read in, and the number of its oldest
running transaction: whatever ends later is newer.

Where a market's order is balanced, more goes into a page; then there is no validator.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, Float, Integer, Row, String, TextClause, bindparam, text

from models.accounts.tokens import IAT_SKEW, Claims
from models.core.enums import Side

#: Transactions after which a moment is too old: short numbers come round again at four times as many.
OLDEST = 2**30


@dataclass(frozen=True)
class Validator:
    """
    A page's moment and how many rows it was made of.

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
        """None where it is no validator."""
        moment, _, rows = text_.partition("-")
        is_number = moment.isascii() and moment.isdigit() and rows.isascii() and rows.isdigit()
        return cls(int(moment), int(rows)) if is_number and len(moment) < 19 and len(rows) < 10 else None


@dataclass(frozen=True)
class Present:
    """How a page stands: its validator, and whether anything was written since the moment that was asked about."""

    validator: Validator
    is_newer: bool

    def equals(self, known: Validator) -> bool:
        """Whether the page is what it was when it had the validator that was asked about."""
        return not self.is_newer and self.validator.rows == known.rows


def present_page(
    connection: Connection, claims: Claims, side: Side, row_id: int, known: Validator | None
) -> Present | None:
    """
    How the page of a list of the caller's stands, compared with *known*.

    Returns:
        None if the token is void, the list is absent or somebody else's, or in a market that is balanced.
    """
    row = connection.execute(
        _STATEMENTS[side], {"row_id": row_id, "since": known.moment if known else 0, **vars(claims)}
    ).one_or_none()
    return present_of(row, known)


def present_of(row: Row[*tuple[Any, ...]] | None, known: Validator | None) -> Present | None:
    """What a statement has found: (moment, the snapshot's newest transaction, rows, whether any is newer)."""
    if row is None:
        return None
    moment, newest, rows, is_newer = row
    is_too_old = known is None or known.moment > newest or newest - known.moment > OLDEST
    return Present(Validator(moment, rows), is_newer=is_newer or is_too_old)


#: Whether *row* was written in the transaction `:since` or after it.
NEWER = "(({row}.xmin::text::bigint - :since) & 4294967295) < 2147483648"

#: Whether the caller's token opens anything, `caller` being a row of users; models.accounts.tokens says it for the ORM.
CALLER_HOLDS = """caller.id = :user_id AND caller.is_active AND caller.token_version = :version
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

#: What is said once for both sides; the rest is by side. `part` counts rows of each table and asks if one is newer.
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
        caller_holds=CALLER_HOLDS,
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
