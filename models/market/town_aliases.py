"""Merged towns: a town's key -> the key of the town whose market holds its rows."""

from sqlalchemy import CheckConstraint, ColumnElement, String, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt
from models.market.places import LONGEST_KEY, City, city_of, own_currency
from models.platform.prepared_statements import PREPARED


class TownAlias(Base):
    """
    A town that was merged into another. `into_key` is never an alias itself: a merge redirects existing aliases of the
    merged town.
    """

    __tablename__ = "town_aliases"
    __table_args__ = (CheckConstraint("town_key <> into_key", name="a_town_is_no_alias_of_itself"),)

    town_key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    into_key: Mapped[str] = mapped_column(String(LONGEST_KEY), index=True)
    #: The name of the merged town at the time of the merge, for display.
    name: Mapped[str] = mapped_column(String(100))
    #: Who merged it: "ops:<user id>", "cli".
    merged_by: Mapped[str] = mapped_column(String(50))
    created_at: Mapped[CreatedAt]


#: It runs for every lead and property that is written, so it is built once, and planned once per connection.
_INTO_KEY = select(TownAlias.into_key).where(TownAlias.town_key == bindparam("town_key"))


def merged_key(session: Session, key: str) -> str:
    """The key with which the town's rows are stored: its own, or that of the town into which it was merged."""
    return session.scalar(_INTO_KEY, {"town_key": key}, execution_options=PREPARED) or key


def stored_key(name: str) -> ColumnElement[str]:
    """:func:`merged_key` of a town's name as an expression, for a query's conditions. Raises TownError."""
    key = city_of(name).key
    merged = select(TownAlias.into_key).where(TownAlias.town_key == key).scalar_subquery()
    return func.coalesce(merged, key)


def city_in(session: Session, name: str) -> City:
    """
    The city of a name in any spelling, with merges of towns applied.

    Raises:
        TownError: It names several towns, or none.
    """
    city = city_of(name)
    key = merged_key(session, city.key)
    return city if key == city.key else City(key=key, currency=own_currency(key))
