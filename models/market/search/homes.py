"""The homes on the market that match a search: a page of them, and their number."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, literal_column, or_, select, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from models.accounts.users import User
from models.core.enums import Status
from models.market.advert_groups import AdvertGroup
from models.market.properties import Property
from models.market.sample_keys import is_no_sample
from models.market.search.criteria import MANY_ROOMS, SearchCriteria
from models.market.search.ordering import Part, Sorting, parts_of, sorted_whole, sorting_of
from models.market.search.prices import PriceInCurrency, price_in
from models.market.search.text_search import Words, contains_words, split_words, with_known_words

#: Adverts are counted up to this number; for more, the page says "more than".
MAX_COUNTED = 5_000
#: The number of homes that pages can show; the others need a narrower search.
MAX_SHOWN = 2_400
#: With words, only as many are counted as pages can show, because each listing has to be read.
MAX_COUNTED_WITH_WORDS = MAX_SHOWN
#: With words, this many adverts are read for each one that is shown, before another query plan is tried. Of 100,000
#: adverts more than MAX_COUNTED_WITH_WORDS, one in 42, contain the words.
ADVERTS_READ_PER_SHOWN = 50
#: The time limit of a search's statements; after it, the visitor is asked to try again.
STATEMENT_TIMEOUT_MS = 2_000


@dataclass(frozen=True)
class SearchResults:
    """A page of homes."""

    homes: list[Property]
    total: int  #: The counted homes; one with several adverts counts once.
    is_more: bool  #: Whether there are more than *total*.
    corrections: dict[str, str] = field(default_factory=dict)  #: A mistyped word -> the word searched for instead.

    def pages(self, per_page: int) -> int:
        return max(1, -(-min(self.total, MAX_SHOWN) // per_page))


def search_homes(session: Session, criteria: SearchCriteria, page: int, per_page: int) -> SearchResults:
    """
    Page *page*, from 1, of the homes on the market that meet the criteria.

    A home with several adverts is shown once, at the place of the first advert, in the requested order, that meets the
    criteria. A word that is in no listing is replaced by the most similar word that is.

    Raises:
        OperationalError: A statement took longer than STATEMENT_TIMEOUT_MS.
    """
    with bounded_statements(session):
        price = price_in(session, criteria)
        words = with_known_words(session, split_words(criteria.words))
        return _page(session, criteria, words, price, page, per_page)


def matching_homes(session: Session, criteria: SearchCriteria) -> Select[Property]:
    """The adverts that meet the criteria, in no order; words are corrected as in :func:`search_homes`."""
    words = with_known_words(session, split_words(criteria.words))
    return select(Property).where(
        *conditions(criteria, price_in(session, criteria)), contains_words(words, Property.id)
    )


@contextmanager
def bounded_statements(session: Session) -> Iterator[None]:
    """
    Within this context no statement runs longer than STATEMENT_TIMEOUT_MS, nor on several processors, because many
    people search at once.
    """
    session.execute(
        text(
            "SELECT set_config('statement_timeout', :timeout, true),"
            " set_config('max_parallel_workers_per_gather', '0', true),"
            " set_config('random_page_cost', '1.1', true)"
        ),
        {"timeout": str(STATEMENT_TIMEOUT_MS)},
    )
    yield
    session.execute(text("SET LOCAL statement_timeout TO DEFAULT"))


def conditions(criteria: SearchCriteria, price: PriceInCurrency) -> list[ColumnElement[bool]]:
    """The conditions that a property must meet, except those on its words."""
    conditions = [
        (criteria.city_key, Property.city_key == criteria.city_key),
        (criteria.deal_type, Property.deal_type == criteria.deal_type),
        (criteria.property_types, Property.property_type.in_(criteria.property_types)),
        (criteria.rooms, _has_rooms(criteria.rooms)),
        (criteria.districts, Property.district.in_(criteria.districts)),
        (criteria.metro_stations, _is_near(criteria.metro_stations)),
        (criteria.not_first_floor, Property.floor > 1),
        (criteria.not_last_floor, Property.floor < Property.total_floors),
        (criteria.near_metro, Property.metro_station.is_not(None)),
        (criteria.wishes, stated_flags().contains(array(criteria.wishes, type_=Text))),
    ]
    ends = [
        (Property.area, criteria.area_min, criteria.area_max),
        (Property.floor, criteria.floor_min, criteria.floor_max),
    ]
    asks_price = criteria.price_min is not None or criteria.price_max is not None
    return [
        _is_on_market(),
        *(condition for value, condition in conditions if value),
        *(column >= low for column, low, _ in ends if low is not None),
        *(column <= high for column, _, high in ends if high is not None),
        *([price.within(criteria.price_min, criteria.price_max)] if asks_price else []),
    ]


def stated_flags() -> ColumnElement[Any]:
    """The kinds of facts that a listing affirms, as the expression of the index."""
    return func.told_flags(Property.facts, Property.read_facts, type_=ARRAY(Text))


def _has_rooms(rooms: tuple[int, ...]) -> ColumnElement[bool]:
    few = [number for number in rooms if number < MANY_ROOMS]
    either: list[ColumnElement[bool]] = [Property.rooms.in_(few)] if few else []
    if any(number >= MANY_ROOMS for number in rooms):
        either.append(Property.rooms >= MANY_ROOMS)
    return or_(*either) if either else and_(True)


def _is_near(stations: tuple[str, ...]) -> ColumnElement[bool]:
    # An import or a form stores the first station in a column; further stations are only in the list.
    listed = [Property.stations.contains([{"name": name}]) for name in stations]
    return or_(Property.metro_station.in_(stations), *listed)


def _is_on_market() -> ColumnElement[bool]:
    """
    Like :func:`models.market.properties.on_market`. There are few inactive users, so users are not looked up for each
    row.
    """
    is_inactive = exists().where(User.id == Property.owner_id, ~User.is_active)
    return and_(Property.status == literal_column(f"'{Status.ACTIVE}'"), is_no_sample(Property), ~is_inactive)


#: (id of a property, its group)
_Advert = tuple[int, int | None]


def _page(
    session: Session, criteria: SearchCriteria, words: Words, price: PriceInCurrency, page: int, per_page: int
) -> SearchResults:
    sorting = sorting_of(criteria.order, price)
    filters = conditions(criteria, price)
    counted = _count(session, filters, words, sorting, _adverts_for(page * per_page))
    page = min(page, max(1, -(-min(counted.total, MAX_SHOWN) // per_page)))
    wanted_homes = page * per_page
    read = _Reader(session, criteria, words, price, filters, sorting).first
    ids = _first_adverts(counted, wanted_homes, read)[wanted_homes - per_page :]
    rows = {row.id: row for row in session.scalars(select(Property).where(Property.id.in_(ids)))} if ids else {}
    return SearchResults(
        [rows[each] for each in ids if each in rows], counted.total, counted.is_more, words.corrections
    )


@dataclass(frozen=True)
class _Counted:
    total: int
    is_more: bool
    first: list[_Advert]  #: The first adverts in order; empty if not all were counted.


def _count(
    session: Session, filters: Sequence[ColumnElement[bool]], words: Words, sorting: Sorting, limit: int
) -> _Counted:
    """Count homes and, if all adverts were counted, select the first *limit* of them in the same pass."""
    maximum = min(MAX_COUNTED, MAX_COUNTED_WITH_WORDS) if words else MAX_COUNTED
    adverts = select(Property.id, sorting.value.label("value")).where(*filters, contains_words(words, Property.id))
    counted = adverts.limit(maximum + 1).subquery()
    hits = _with_groups(counted).cte("hits")
    first = select(hits).order_by(*sorting.by(hits.c.value, hits.c.id)).limit(limit).subquery()
    placed = sorting.by(first.c.value, first.c.id)
    row = session.execute(
        select(
            select(func.count()).select_from(hits).scalar_subquery(),
            select(func.count(hits.c.group_id)).scalar_subquery(),
            select(func.count(hits.c.group_id.distinct())).scalar_subquery(),
            func.array_agg(aggregate_order_by(first.c.id, *placed)),
            func.array_agg(aggregate_order_by(first.c.group_id, *placed)),
        )
    ).one()
    every, grouped, groups, ids, group_ids = row
    is_more = every > maximum
    pairs = [] if is_more else list(zip(ids or (), group_ids or (), strict=True))
    return _Counted(every - grouped + groups, is_more, pairs)


def _adverts_for(homes: int) -> int:
    """How many adverts to read at first to obtain this many homes."""
    return homes + homes // 4 + 10


def _first_adverts(counted: _Counted, count: int, read: Callable[[int], tuple[list[_Advert], bool]]) -> list[int]:
    """
    The first advert of each of the first *count* homes in order.

    A home's first advert among the first adverts in order is its first of all, so no others need to be compared. If
    they contain too few homes, more adverts are read.
    """
    limit = _adverts_for(count)
    rows, is_all = (counted.first, len(counted.first) < limit) if counted.first else ([], counted.total == 0)
    while True:
        homes: dict[tuple[str, int], int] = {}
        for advert_id, group_id in rows:
            homes.setdefault(("home", advert_id) if group_id is None else ("group", group_id), advert_id)
        if len(homes) >= count or is_all:
            return list(homes.values())[:count]
        rows, is_all = read(limit)
        limit *= 4


@dataclass(frozen=True)
class _Reader:
    """Reads adverts in order, for searches that more adverts meet than are counted."""

    session: Session
    criteria: SearchCriteria
    words: Words
    price: PriceInCurrency
    filters: Sequence[ColumnElement[bool]]
    sorting: Sorting

    def first(self, limit: int) -> tuple[list[_Advert], bool]:
        """
        The first *limit* adverts in order, and whether these are all adverts.

        Words that more than MAX_COUNTED_WITH_WORDS listings contain are searched for in the first adverts, in order,
        until enough adverts contain them. If too few of many do, PostgreSQL may choose another plan.
        """
        if self.words:
            among = _first_of_parts(self.filters, self.sorting, self._parts, limit * ADVERTS_READ_PER_SHOWN)
            rows = self._fetch(select(among).where(contains_words(self.words, among.c.id)), limit)
            if len(rows) == limit:
                return rows, False
        parts = self._whole if self.words and self.criteria.city_key is None else self._parts
        filters = [*self.filters, contains_words(self.words, Property.id)]
        rows = self._fetch(select(_first_of_parts(filters, self.sorting, parts, limit)), limit)
        return rows, len(rows) < limit

    @cached_property
    def _parts(self) -> list[Part]:
        if self.criteria.city_key is None and self.criteria.has_filters:
            return self._whole
        return parts_of(self.session, self.criteria, self.price)

    @cached_property
    def _whole(self) -> list[Part]:
        return sorted_whole(self.criteria, self.price)

    def _fetch(self, adverts: Select[Any], limit: int) -> list[_Advert]:
        columns = adverts.selected_columns
        first = adverts.order_by(*self.sorting.by(columns.value, columns.id)).limit(limit).subquery()
        listed = _with_groups(first).order_by(*self.sorting.by(first.c.value, first.c.id))
        return [(row.id, row.group_id) for row in self.session.execute(listed)]


def _first_of_parts(
    filters: Sequence[ColumnElement[bool]], sorting: Sorting, parts: Sequence[Part], limit: int
) -> Subquery:
    """The first adverts in order, merged from the first adverts of each part."""
    read = [
        select(Property.id, sorting.value.label("value"))
        .where(*filters, part.condition)
        .order_by(*part.order, Property.id.desc())
        .limit(limit)
        .subquery()
        for part in parts
    ]
    every = union_all(*(select(part) for part in read)).subquery()
    return select(every).order_by(*sorting.by(every.c.value, every.c.id)).limit(limit).subquery()


def _with_groups(adverts: Any) -> Select[Any]:
    query = select(*adverts.c, AdvertGroup.group_id)
    return query.select_from(adverts).outerjoin(AdvertGroup, AdvertGroup.property_id == adverts.c.id)
