"""Reading the words of leads and properties that nobody has read yet: rows of imports, and rows of an older grammar."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from matching.reading.kinds import GRAMMAR_VERSION
from matching.reading.rows import fact_rows, wish_rows
from models.core.enums import DealType
from models.market.facts import property_text
from models.market.leads import Lead
from models.market.properties import Property
from models.market.readings import merged_wishes

#: Rows read and written in one transaction: few enough that a writer who wants one of them does not wait.
BATCH = 500

MarketKey = tuple[str, DealType]


def read_outdated(new_session: Callable[[], Session], market: MarketKey) -> int:
    """
    Read what is unread in *market*, a batch a transaction; how many rows were read.

    Rows that somebody writes at the moment are left for the next time. A row gets a new version by it, as by any write, so that
    its list and those it stands in follow.
    """
    return sum(_read_side(new_session, table, market) for table in (Lead, Property))


def read_one(session: Session, table: type[Lead] | type[Property], row_id: int) -> None:
    """Read one row's words, in the caller's transaction, unless they were read by this grammar already."""
    row = session.scalar(select(table).where(table.id == row_id, _is_outdated(table)).with_for_update())
    if row is not None:
        session.execute(update(table).where(table.id == row.id).values(_read(row)))


def _read_side(new_session: Callable[[], Session], table: type[Lead] | type[Property], market: MarketKey) -> int:
    count = 0
    while True:
        with new_session() as session, session.begin():
            rows: Sequence[Any] = session.scalars(
                select(table)
                .where(table.city_key == market[0], table.deal_type == market[1], _is_outdated(table))
                .order_by(table.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            if rows:
                session.execute(update(table), [{"id": row.id, **_read(row)} for row in rows])
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
