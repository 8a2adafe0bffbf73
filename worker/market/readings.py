"""Reading the words of leads and properties that nobody has read yet: rows of imports, and rows of an older grammar."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from matching.reading.json_rows import fact_rows, wish_rows
from matching.reading.kinds import GRAMMAR_VERSION
from models.core.enums import MarketKey, Side
from models.market.facts import property_text
from models.market.leads import Lead
from models.market.properties import Property
from models.market.readings import merged_wishes

#: Rows read and written in one transaction: few enough that a writer who wants one of them does not wait.
BATCH = 500


def read_market(session: Session, market: MarketKey) -> int:
    """
    Read what is unread in *market*, and commit after each batch; how many rows were read.

    Rows that somebody writes at the moment are left for the next time. A row gets a new version by it, as by any
    write, so that its list and those it stands in follow.
    """
    return sum(_read_side(session, table, market) for table in (Lead, Property))


def read_entity(session: Session, side: Side, entity_id: int) -> None:
    """Read one row's words, and commit, unless they were read by this grammar already."""
    table: type[Lead] | type[Property] = Lead if side is Side.LEAD else Property
    row = session.scalar(select(table).where(table.id == entity_id, _is_outdated(table)).with_for_update())
    if isinstance(row, (Lead, Property)):
        session.execute(update(table).where(table.id == entity_id).values(_read(row)))
    session.commit()


def _read_side(session: Session, table: type[Lead] | type[Property], market: MarketKey) -> int:
    count = 0
    while True:
        rows: Sequence[Any] = session.scalars(
            select(table)
            .where(table.city_key == market[0], table.deal_type == market[1], _is_outdated(table))
            .order_by(table.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if rows:
            session.execute(update(table), [{"id": row.id, **_read(row)} for row in rows])
        session.commit()
        for row in rows:
            session.expunge(row)
        count += len(rows)
        if len(rows) < BATCH:
            return count


def _is_outdated(table: type[Lead] | type[Property]) -> Any:
    return or_(table.grammar.is_(None), table.grammar < GRAMMAR_VERSION)


def _read(row: Lead | Property) -> dict[str, Any]:
    """The columns of a row that hold what its words say."""
    if isinstance(row, Lead):
        wishes = merged_wishes(row.wishes, wish_rows(row.additional_requirements or ""))
        return {"wishes": wishes, "grammar": GRAMMAR_VERSION}
    text = property_text(row.title, row.description, row.search_text)
    return {"read_facts": fact_rows(text), "grammar": GRAMMAR_VERSION}
