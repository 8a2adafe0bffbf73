"""A realtor's own leads and properties, searched, filtered and sorted in the database."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    SmallInteger,
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.amounts import Amount
from models.core.enums import DealType, Side, Status
from models.market.leads import Lead
from models.market.properties import Property
from models.market.search.own_texts import OWN_TEXTS, LeadText, PropertyText, has_word
from models.market.search.text_search import RUSSIAN, ArchivedWords, ListingWords
from models.market.tags import TAGGED
from models.platform.prepared_statements import COMPILED_ONCE

MAX_WORDS = 8  # of a search; further words are ignored
MAX_WORD = 60  # characters
MIN_DIGITS = 4  # for which phones are searched, ignoring other characters between digits

_DIGITS = re.compile(r"[\d\s()+.\-]+")


#: A number, or the parameter that will hold it.
Number = int | BindParameter[int]
#: A text, or the parameter that will hold it.
Words = str | BindParameter[str]


class BaseOrder(StrEnum):
    """Ties are ordered by id, so that pages never overlap."""

    NEWEST = "newest"
    OLDEST = "oldest"
    CHANGED = "changed"
    NAME = "name"
    CHEAPEST = "price"
    DEAREST = "-price"


@dataclass(frozen=True)
class BaseFilter:
    """A filter of a realtor's own rows; a field that is None or empty filters nothing.

    *price_from* and *price_to* are compared with amounts of their currency, or with every row's own amount if they name
    none. A lead's budget passes if it overlaps the range.
    """

    words: str = ""
    status: Status | None = None
    city_key: str | None = None
    deal_type: DealType | None = None
    rooms: list[int] = field(default_factory=list)
    price_from: Amount | None = None
    price_to: Amount | None = None
    tag: str | None = None
    source_id: int | None = None
    order: BaseOrder = BaseOrder.NEWEST


@dataclass(frozen=True)
class _Search:
    """
    A search as the query needs it: words, the beginnings of words within each of them as the text of a tsquery (of
    properties; None if there are none), the digits of a phone (of leads), and the lexeme of the owner.
    """

    owner_lexeme: Words
    words: tuple[Words, ...]
    beginnings: tuple[Words | None, ...]
    phone: Words | None

    @property
    def values(self) -> dict[str, Words]:
        """The values by the names of their parameters."""
        named = {f"word_{number}": word for number, word in enumerate(self.words)}
        named |= {f"beginnings_{number}": each for number, each in enumerate(self.beginnings) if each is not None}
        return named | {"owner_lexeme": self.owner_lexeme} | ({} if self.phone is None else {"phone": self.phone})


def own_rows(owner: User, side: Side, filters: BaseFilter) -> Select[Any]:
    """The owner's leads, or properties, that pass the filter, in its order."""
    return _rows(owner.id, side, filters, _search_for(owner.id, side, filters.words))


def _rows(owner_id: Number, side: Side, filters: BaseFilter, search: _Search | None) -> Select[Any]:
    table, tags, tag_key = TAGGED[side]
    query: Select[Any] = select(table).where(table.owner_id == owner_id)
    for column, value in (
        (table.status, filters.status),
        (table.city_key, filters.city_key),
        (table.deal_type, filters.deal_type),
        (table.source_id, filters.source_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if filters.rooms:
        query = query.where(
            Lead.rooms.op("&&")(cast(filters.rooms, ARRAY(SmallInteger)))
            if side is Side.LEAD
            else Property.rooms.in_(filters.rooms)
        )
    if filters.tag is not None:
        query = query.where(table.id.in_(select(tag_key).where(tags.tag == filters.tag)))
    query = query.where(*_in_range(side, filters.price_from, filters.price_to))
    if search is not None:
        query = query.where(table.id.in_(_ids_with_words(owner_id, side, search)))
    return query.order_by(*_ordered(filters.order, _keys(side, filters.order), table.id))


def own_page(
    session: Session, owner: User, side: Side, filters: BaseFilter, *, page: int, per_page: int
) -> tuple[list[Any], int]:
    """
    The rows of one page, from 1, and the number of all rows that pass the filter. It is one query, because most of its
    time goes into searching every row for words. A page beyond the last one has no rows and no total.
    """
    offset = (page - 1) * per_page
    search, others = _search_for(owner.id, side, filters.words), replace(filters, words="")
    if others == BaseFilter(order=filters.order):
        values: dict[str, Any] = {"owner_id": owner.id, "per_page": per_page, "offset": offset}
        parameters = frozenset[str]()
        if search is not None:
            values |= search.values
            parameters = frozenset(search.values)
        statement = _built_page(side, filters.order, parameters)
        answer = session.execute(statement, values, execution_options=COMPILED_ONCE)
    else:
        answer = session.execute(_page_query(owner.id, side, others, search, per_page, offset))
    rows = answer.all()
    return [row for row, _ in rows], rows[0].total if rows else 0


@lru_cache(maxsize=200)
def _built_page(side: Side, order: BaseOrder, parameters: frozenset[str]) -> Select[Any]:
    """
    The query of a page of the rows of :owner_id that a search with these parameters finds, or all. It is built once,
    because building it takes a sixth of a search's time in Python.
    """
    search = None
    if parameters:
        given = {name: bindparam(name, type_=Text()) for name in parameters}
        words = range(sum(name.startswith("word_") for name in parameters))
        search = _Search(
            owner_lexeme=given["owner_lexeme"],
            words=tuple(given[f"word_{number}"] for number in words),
            beginnings=tuple(given.get(f"beginnings_{number}") for number in words),
            phone=given.get("phone"),
        )
    owner_id, per_page, offset = (bindparam(name, type_=BigInteger) for name in ("owner_id", "per_page", "offset"))
    return _page_query(owner_id, side, BaseFilter(order=order), search, per_page, offset)


def _page_query(
    owner_id: Number,
    side: Side,
    filters: BaseFilter,
    search: _Search | None,
    per_page: Number,
    offset: Number,
) -> Select[Any]:
    """
    Select (row, total number of rows) of a page. Only ids and sort keys are counted and sorted, and only the rows up to
    the end of the page are kept in order, because numbering all rows would sort them all.
    """
    table = TAGGED[side][0]
    keys = [key.label(f"key_{number}") for number, key in enumerate(_keys(side, filters.order))]
    is_plain = filters == BaseFilter(order=filters.order)
    if search is not None and is_plain and filters.order is BaseOrder.NEWEST:
        rows = _ids_with_words(owner_id, side, search)  # neither filters nor the order need more of a row
    else:
        rows = _rows(owner_id, side, filters, search).order_by(None).with_only_columns(table.id, *keys)
    # All rows in the order of an index are counted and paged by it. Others are read only once.
    in_index = search is None and is_plain and filters.order in (BaseOrder.NEWEST, BaseOrder.OLDEST)
    passing = rows.subquery("passing") if in_index else rows.cte("passing")
    total = select(func.count()).select_from(passing).scalar_subquery()
    in_order = select(passing).order_by(*_ordered(filters.order, list(passing.c)[1:], passing.c.id))
    on_page = in_order.limit(per_page).offset(offset).subquery("on_page")
    query = select(table, total.label("total")).join(on_page, on_page.c.id == table.id)
    return query.order_by(*_ordered(filters.order, list(on_page.c)[1:], on_page.c.id))


def _in_range(side: Side, low: Amount | None, high: Amount | None) -> list[ColumnElement[bool]]:
    """Conditions on the price or the budget; an unknown amount is in no range."""
    conditions: list[ColumnElement[bool]] = []
    if side is Side.LEAD:
        minimum: Any = func.coalesce(Lead.budget_min, 0)
        maximum: Any = func.coalesce(Lead.budget_max, Decimal("Infinity"))
        known = or_(Lead.budget_min.is_not(None), Lead.budget_max.is_not(None))
    else:
        minimum = maximum = Property.price
        known = None
    currency = TAGGED[side][0].currency
    for limit, condition in ((low, lambda value: maximum >= value), (high, lambda value: minimum <= value)):
        if limit is None:
            continue
        conditions.append(condition(limit.value))
        if known is not None:
            conditions.append(known)
        if limit.currency:
            conditions.append(currency == limit.currency)
    return conditions


#: The tables with the words of descriptions: on the market, and archived.
_WORDS: tuple[Any, ...] = (ListingWords, ArchivedWords)


def _search_for(owner_id: int, side: Side, typed: str) -> _Search | None:
    """
    What to look for: each word, or a word that begins with it; letter case and the dots of ё are ignored. Digits in the
    notation of a phone may also be a phone, or a part of it, as a whole. None if nothing is typed.
    """
    words = [word[:MAX_WORD] for word in typed.split()[:MAX_WORDS]]
    if not words:
        return None
    phone = None
    beginnings: list[str | None] = [None] * len(words)
    if side is Side.PROPERTY:
        beginnings = [" & ".join(f"'{each}':*" for each in re.findall(r"\w+", word)) or None for word in words]
    else:
        digits = re.sub(r"\D", "", typed)
        if _DIGITS.fullmatch(typed) and len(digits) >= MIN_DIGITS:
            # 8 701 ... and +7 701 ... are the same phone.
            phone = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
    return _Search(f"'owner {owner_id}'", tuple(words), tuple(beginnings), phone)


def _ids_with_words(owner_id: Number, side: Side, search: _Search) -> Select[Any]:
    """Select the ids of the owner's rows that a search finds. The owner's texts are read once for all words."""
    texts, key = OWN_TEXTS[side]
    if side is Side.PROPERTY:
        words = zip(search.words, search.beginnings, strict=True)
        condition = and_(*(_property_has(search.owner_lexeme, *each) for each in words))
    else:
        condition = and_(*(has_word(LeadText.text, word) for word in search.words))
        if search.phone is not None:
            condition = or_(has_word(LeadText.contacts, search.phone), condition)
    return select(key.label("id")).where(texts.owner_id == owner_id, condition)


def _property_has(owner_lexeme: Words, word: Words, beginnings: Words | None) -> ColumnElement[bool]:
    short = has_word(PropertyText.text, word)
    if beginnings is None:
        return short
    # Descriptions are long, so their words are looked up in indexes by owner.
    query = func.to_tsquery(RUSSIAN, beginnings)
    # A stop word leaves an empty query, which has no condition besides the owner.
    in_text = [
        select(table.property_id).where(
            table.words.bool_op("@@")(cast(owner_lexeme, TSQUERY).op("&&")(query)), func.numnode(query) > 0
        )
        for table in _WORDS
    ]
    return or_(*(PropertyText.property_id.in_(ids) for ids in in_text), short)


def _keys(side: Side, order: BaseOrder) -> tuple[Any, ...]:
    """The sort keys of the rows, before their ids."""
    table = TAGGED[side][0]
    price: Any = func.coalesce(Lead.budget_max, Lead.budget_min) if side is Side.LEAD else Property.price
    name = (Lead.client_name,) if side is Side.LEAD else (Property.city, Property.street, Property.house_number)
    keys: dict[BaseOrder, tuple[Any, ...]] = {
        BaseOrder.NEWEST: (),
        BaseOrder.OLDEST: (table.id,),
        BaseOrder.CHANGED: (table.updated_at,),
        BaseOrder.NAME: tuple(func.lower(column) for column in name),
        BaseOrder.CHEAPEST: (price,),
        BaseOrder.DEAREST: (price,),
    }
    return keys[order]


def _ordered(order: BaseOrder, keys: Iterable[Any], row_id: Any) -> tuple[ColumnElement[Any], ...]:
    """The keys in the order's direction, unknown ones last, then ids, the newest first."""
    falls = order in (BaseOrder.CHANGED, BaseOrder.DEAREST)
    return (*((key.desc() if falls else key.asc()).nulls_last() for key in keys), row_id.desc())
