"""Move a town's leads and properties to another town's markets, and read the towns of old rows again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.core.enums import DealType, Origin
from models.core.errors import ConflictError, NotFoundError
from models.core.locks import lock_until_commit
from models.market.leads import Lead
from models.market.places import DEFAULT_CURRENCY, NO_CURRENCY, city_of, own_currency
from models.market.properties import Property
from models.market.sample_keys import is_no_sample
from models.market.town_aliases import TownAlias, merged_key
from models.market.towns.reading import TownError, read_town
from models.ranking.display_order import delete_explored_offers, delete_score_shifts
from models.ranking.recommendations import Market

#: Contracts without currencies: the currency of their rows was derived from the town.
_WITHOUT_CURRENCY = (Origin.EXCHANGE, Origin.TINDER)


@dataclass(frozen=True)
class Moved:
    """The rows that moved from one town to another."""

    from_key: str
    into_key: str
    leads: int
    properties: int


def town_key(text: str) -> str:
    """
    The key of a town by its name, or by its key as lists of markets show it.

    Raises:
        TownError: It names several towns, or none.
    """
    return text if text.startswith(("geo:", "name:")) else city_of(text).key


def merge_towns(session: Session, from_key: str, into_key: str, merged_by: str) -> Moved:
    """
    Move all rows of a town, including archived ones, to another town's markets; later rows of the town go there as
    well.

    Their lists are updated by the next run over stale lists. Amounts without a currency get that of the town's country.
    Merging again moves the rows that were written meanwhile.

    Args:
        from_key, into_key: Keys of the towns. If the second was itself merged, its target is used.
        merged_by: "ops:<user id>" or "cli".
    Raises:
        ConflictError: Both are the same town, or the second was merged into the first.
        NotFoundError: The first town has no rows.
    """
    _lock_town_moves(session)
    into_key = merged_key(session, into_key)
    if into_key == from_key:
        raise ConflictError("market.same_town")
    name = _name_of(session, from_key)
    if name is None and merged_key(session, from_key) != into_key:
        raise NotFoundError("market")
    moved = _move(session, from_key, into_key)
    alias = {"town_key": from_key, "into_key": into_key, "name": name or from_key, "merged_by": merged_by}
    kept = {"into_key": into_key, "merged_by": merged_by}
    session.execute(insert(TownAlias).values(alias).on_conflict_do_update(constraint="pk_town_aliases", set_=kept))
    session.execute(update(TownAlias).where(TownAlias.into_key == from_key).values(into_key=into_key))
    return moved


def reread_towns(session: Session) -> list[Moved]:
    """
    Read the town of every lead and property again, by today's rules, and move rows that an older release read
    differently.

    Rows whose text names several towns, or none, are not moved. Amounts without a stated currency that counted as
    roubles because the town was unknown get the currency of the town's country.
    """
    _lock_town_moves(session)
    moved = []
    for from_key, text in _texts(session):
        try:
            into_key = merged_key(session, read_town(text).key)
        except TownError:
            continue
        if into_key != from_key:
            moved.append(_move(session, from_key, into_key, text=text, reread=True))
    return moved


def _texts(session: Session) -> Iterator[tuple[str, str]]:
    """(key, text) of all towns in the database; samples stay in the markets of their users."""
    query = union(*(select(table.city_key, table.city).where(is_no_sample(table)) for table in (Lead, Property)))
    yield from [(row[0], row[1]) for row in session.execute(query)]


def _move(session: Session, from_key: str, into_key: str, *, text: str | None = None, reread: bool = False) -> Moved:
    counts = []
    for table in (Lead, Property):
        in_town = table.city_key == from_key
        if text is not None:
            in_town = and_(in_town, table.city == text)
        currency = case(
            (_has_no_stated_currency(table, from_key, reread), own_currency(into_key)), else_=table.currency
        )
        values: dict[str, Any] = {"city_key": into_key, "currency": currency}
        done = session.execute(
            update(table)
            .where(in_town)
            .values(values)
            .execution_options(synchronize_session="fetch")
            .returning(table.id)
        )
        counts.append(len(done.all()))
    if _name_of(session, from_key) is None:
        _delete_markets(session, from_key)
    return Moved(from_key, into_key, *counts)


def _has_no_stated_currency(table: type[Lead] | type[Property], from_key: str, reread: bool) -> ColumnElement[bool]:
    """Whether nobody stated the currency of a row's amounts."""
    without = table.currency == NO_CURRENCY
    if not reread or not from_key.startswith("name:"):
        return without
    of_portal = and_(
        table.origin == Origin.PORTAL, func.coalesce(func.btrim(table.attributes["currency"].astext), "") == ""
    )
    guessed = and_(table.currency == DEFAULT_CURRENCY, or_(table.origin.in_(_WITHOUT_CURRENCY), of_portal))
    return or_(without, guessed)


def _name_of(session: Session, key: str) -> str | None:
    """The town's name in its rows; None without rows."""
    for table in (Lead, Property):
        name = session.scalar(select(table.city).where(table.city_key == key).limit(1))
        if name is not None:
            return name
    return None


def _delete_markets(session: Session, key: str) -> None:
    """Delete the state of markets without rows."""
    for deal_type in DealType:
        delete_score_shifts(session, key, deal_type)
        delete_explored_offers(session, key, deal_type)
    session.execute(delete(Market).where(Market.city_key == key))


def _lock_town_moves(session: Session) -> None:
    """
    Lock out other moves of towns until the transaction ends; two simultaneous moves could move each other's rows in a
    circle.
    """
    lock_until_commit(session, "move-towns")
