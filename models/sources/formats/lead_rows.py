"""Rows of a table of clients' requests -> requests: client, place, budget and the client's own words."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

from models.core.amount_words import Unit
from models.core.amounts import Range, read_amount_range, read_number_range, read_whole
from models.core.currencies import read_currency
from models.core.enums import DealType, PropertyType
from models.core.errors import Fault
from models.core.numbers import UnreadableError, is_unknown
from models.core.payment import read_payment
from models.core.rooms import read_rooms
from models.sources.formats.csv_rows import Row
from models.sources.formats.headers import Column, names_of
from models.sources.formats.offer import FeedError, Notes, Request
from models.sources.formats.offer_fields import LARGEST_AREA, LARGEST_PRICE
from models.sources.formats.table import Header, read_header, refuse_twice, rows_by_field, undo_dates
from models.sources.formats.values import clean_text
from models.sources.formats.vocabulary import CLASSES, CONDITIONS, DEALS, TYPES, entry

Read = TypeVar("Read")

#: Field -> names of its column, folded; the first is our own name.
LEAD_NAMES: dict[str, str] = {
    "id": "id|код|номер|№|код заявки|номер заявки|номер запроса|№ заявки|id заявки|request id|lead id|external id",
    "client": "client name|client|клиент|имя|имя клиента|фио|фио клиента|покупатель|арендатор|заказчик|заявка от|"
    "контактное имя|ф и о|фамилия имя|кто ищет|"
    "контактное лицо|name",
    "phone": "phone|телефон|телефон клиента|тел|номер телефона|моб телефон|мобильный|phone number|контактный телефон|"
    "сотовый|тел клиента|моб|мобильный телефон",
    "email": "email|e mail|почта|эл почта|электронная почта|mail",
    "contact": "client contacts|контакты|контакт|telegram|телеграм|whatsapp|вотсап|контакты клиента|связь",
    "deal": "deal type|тип сделки|сделка|операция|вид сделки|цель|купить снять|покупка аренда|deal|запрос|"
    "тип операции|куп аренда|вид операции",
    "city": "city|город|населенный пункт|нас пункт|town|где|нп",
    "district": "districts|район|районы|district|желаемый район|микрорайон|локация|предпочтительный район|место",
    "metro": "metro stations|метро|станция метро|станции метро|metro|metro station",
    "budget": "budget|бюджет|бюджет аренды|сумма|цена|стоимость|бюджет клиента|бюджет покупки|ценовой диапазон|"
    "price|диапазон цен",
    "budget_min": "budget min|бюджет от|цена от|сумма от|бюджет мин|минимальный бюджет|price min|price from|мин цена|"
    "стоимость от",
    "budget_max": "budget max|бюджет до|цена до|сумма до|бюджет макс|максимальный бюджет|макс бюджет|price max|"
    "макс цена|"
    "стоимость до|потолок цены|предел бюджета|"
    "price to",
    "currency": "currency|валюта",
    "area": "area|площадь|метраж|желаемая площадь|общая площадь|квадратура",
    "area_min": "area min|площадь от|метраж от|минимальная площадь|area from",
    "area_max": "area max|площадь до|метраж до|максимальная площадь|area to",
    "rooms": "rooms|комнат|комнаты|количество комнат|кол во комнат|число комнат|комнатность|сколько комнат",
    "type": "property type|тип|тип недвижимости|вид недвижимости|тип жилья|тип объекта|вид жилья|объект|type",
    "class": "property class|класс|класс жилья|класс дома",
    "condition": "condition|отделка|ремонт|состояние",
    "payment": "payment method|оплата|способ оплаты|форма оплаты|расчет|вид оплаты|ипотека наличные|payment",
    "year_min": "year min|год постройки от|год от|не старше|дом не старше",
    "words": "additional requirements|пожелания|требования|комментарий|описание|запрос клиента|что ищет|"
    "хочет|что хочет|"
    "что нужно|пожелание|доп пожелания|дополнительные пожелания|текст заявки|суть запроса|что надо|"
    "пожелания клиента|дополнительно|особые пожелания|"
    "критерии|wishes|requirements|comment|описание запроса|комментарии",
    "notes": "notes",
    "private_notes": "private notes|личные заметки|для себя|служебное|заметки|заметка|примечание|примечания",
}
BY_NAME = names_of(LEAD_NAMES)
NUMBERS = frozenset({"budget", "budget_min", "budget_max", "area", "area_min", "area_max", "rooms", "year_min"})
#: A table without any of these columns is not a table of requests.
ASKED = frozenset({"client", "budget", "budget_min", "budget_max", "rooms", "district", "area", "words"})
#: The identity of a request in a table without ids: client and deal type.
IDENTITY = ("client", "phone", "email", "contact", "deal", "city")
MAX_PLACES, LONGEST_WORDS = 50, 5_000
WANTS = {"купить": DealType.SALE, "покупка": DealType.SALE, "покупает": DealType.SALE, "снимет": DealType.RENT,
         "снять": DealType.RENT, "найм": DealType.RENT, "съем": DealType.RENT, "buy": DealType.SALE}  # fmt: skip


def find_header(rows: Iterator[Row], mapping: Mapping[str, str] | None = None) -> tuple[Header, Iterator[Row]]:
    """
    The header of a table of requests, and the rows after it.

    Raises:
        FeedError: No column states what clients look for, or one field has two columns.
    """
    header, rest = read_header(rows, mapping, BY_NAME)
    if not header.fields & ASKED:
        known = ", ".join(column.name for column in header.columns if column.name)[:300]
        fault = Fault("feed.no_wishes", columns=known or "—")
        raise FeedError(fault, header.names, header.samples)
    refuse_twice(header)
    return header, rest


def requests(rows: Iterable[Row], header: Header, notes: Notes) -> Iterator[Request]:
    """A request for each row, in their order."""
    units, seen = header.units, Counter[str]()
    for row, texts in rows_by_field(rows, header, notes):
        request = Request(row.line)
        if row.error:
            request.refuse("row", row.error, row.cells[0] if row.cells else "")
            yield request
            continue
        undo_dates(request, texts, NUMBERS)
        texts = {field: text for field, text in texts.items() if not is_unknown(text)}
        request.external_id = texts["id"][:100] if "id" in texts else _identity(texts, seen)
        _take(request, texts, units)
        yield request


def _identity(texts: Mapping[str, str], seen: Counter[str]) -> str:
    """
    An id derived from the client; a second request of the same client in one file is distinguished by its position.
    """
    parts = [" ".join(texts.get(name, "").casefold().split()) for name in IDENTITY]
    if not any(parts[:4]):
        parts = [f"{name}={text}" for name, text in sorted(texts.items())]
    bare = hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]
    seen[bare] += 1
    return f"row-{bare}" if seen[bare] == 1 else f"row-{bare}-{seen[bare]}"


def _take(request: Request, texts: Mapping[str, str], units: Mapping[str, Column]) -> None:
    get, fields = texts.get, request.fields
    for name, field, longest in (
        ("city", "city", 100),
        ("client_name", "client", 200),
        ("additional_requirements", "words", LONGEST_WORDS),
        ("notes", "notes", LONGEST_WORDS),
        ("private_notes", "private_notes", LONGEST_WORDS),
    ):
        fields[name] = (get(field) or "").strip()[:longest] or None
    contacts = ", ".join(filter(None, (clean_text(get(name)) for name in ("phone", "email", "contact"))))
    fields["client_contacts"] = contacts[:500] or None
    fields["deal_type"] = _deal(request, get("deal"), units)
    fields["districts"] = _places(get("district"))
    fields["metro_stations"] = _places(get("metro"))
    _take_range(request, texts, units, "budget")
    _take_range(request, texts, units, "area")
    fields["rooms"] = _read(request, "rooms", get("rooms"), read_rooms) or []
    fields["year_min"] = _read(request, "year_min", get("year_min"), lambda text: read_whole(text, Unit.NONE))
    if fields["year_min"] is not None and not 1800 <= fields["year_min"] <= 2100:
        request.guess("year_min", "import.unknown", get("year_min"))
        fields["year_min"] = None
    kind = entry(TYPES, get("type"))
    fields["property_type"] = kind if isinstance(kind, PropertyType) else None
    if kind is not None and fields["property_type"] is None:
        request.refuse("type", str(kind), get("type"))
    for field, column, table in (("class", "property_class", CLASSES), ("condition", "condition", CONDITIONS)):
        fields[column] = entry(table, get(field))
    for field, value in (("type", kind), ("class", fields["property_class"]), ("condition", fields["condition"])):
        if get(field) and value is None:
            request.guess(field, "import.unknown_word", get(field))
    methods = _read(request, "payment", get("payment"), read_payment)
    fields["payment_method"] = next(iter(methods)) if methods and len(methods) == 1 else None


def _deal(request: Request, text: str | None, units: Mapping[str, Column]) -> DealType:
    if text is None:
        budget = units.get("budget") or units.get("budget_max")
        return DealType.RENT if budget and "аренд" in budget.name.casefold() else DealType.SALE
    deal = entry(DEALS, text) or next((WANTS[word] for word in text.casefold().split() if word in WANTS), None)
    if deal is None:
        request.guess("deal", "import.taken_for_purchase", text)
    return deal or DealType.SALE


def _places(text: str | None) -> list[str]:
    """Names separated by commas, semicolons, bars or line breaks."""
    for sign in ";|\n":
        text = (text or "").replace(sign, ",")
    names = (" ".join(part.split())[:100] for part in (text or "").split(","))
    return list(dict.fromkeys(name for name in names if name and not is_unknown(name)))[:MAX_PLACES]


def _take_range(request: Request, texts: Mapping[str, str], units: Mapping[str, Column], name: str) -> None:
    """Read a range from two columns, or from one, in which a single number is the upper end."""
    money = name == "budget"
    bounds = _range(request, name, texts.get(name), units, money=money)
    low, high, currency = (bounds.low, bounds.high, bounds.currency) if bounds else (None, None, None)
    if low is not None and low == high:
        low = None if money else low
        high = high if money else None  # «60 м²» means at least this area
    for end in ("min", "max"):
        single = _range(request, f"{name}_{end}", texts.get(f"{name}_{end}"), units, money=money)
        if single is not None:
            value = single.high if single.high is not None else single.low
            low, high = (value, high) if end == "min" else (low, value)
            currency = currency or single.currency
    if low is not None and high is not None and low > high:
        request.refuse(name, "import.lower_above_upper", f"{low:f} {high:f}")
        return
    maximum = LARGEST_PRICE if money else LARGEST_AREA
    if max(low or 0, high or 0) >= maximum:
        request.refuse(name, Fault("import.below_max", max=int(maximum)), texts.get(name) or "")
        return
    request.fields[f"{name}_min"], request.fields[f"{name}_max"] = low, high
    if money:
        column = units.get("budget") or units.get("budget_max") or units.get("budget_min")
        code = _read(request, "currency", texts.get("currency"), read_currency)
        currency = currency or code or (column.currency if column else None)
        if currency:
            request.fields["currency"] = currency


def _range(request: Request, field: str, text: str | None, units: Mapping[str, Column], *, money: bool) -> Range | None:
    read = read_amount_range if money else lambda each: read_number_range(each, Unit.AREA)
    value = _read(request, field, text, read)
    column = units.get(field)
    # A column in thousands: amounts written in full ("12,5 млн") are not in thousands.
    if value is None or column is None or column.factor == 1 or "м" in (text or "").casefold():
        return value
    times = column.factor
    return Range(_times(value.low, times), _times(value.high, times), value.currency)


def _times(value: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if value is None else value * factor


def _read(request: Request, field: str, text: str | None, read: Callable[[str], Read]) -> Read | None:
    """
    The result of *read* for a text. An unreadable text refuses the request, because a partial wish is a different wish.
    """
    if text is None:
        return None
    try:
        return read(text)
    except UnreadableError as error:
        request.refuse(field, error.fault, text)
        return None
