"""Listings from a CSV file as rows of properties: reading and checking; scripts/importing.py stores them.

The file is read as a stream. A bad row is handed on with its line and the reason and does not stop the rest. An empty
field is unknown, never zero; so are -1, 0 where it is impossible, a dash and the year 1970, which are counted.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from models.core.amount_words import Unit
from models.core.amounts import Amount
from models.core.cells import CellReader
from models.core.currencies import read_currency
from models.core.enums import DealType, PropertyClass, PropertyType
from models.core.errors import DomainError
from models.core.numbers import UnreadableError, is_unknown
from models.market.places import City, city_of
from models.market.properties import Property

Value = TypeVar("Value")

#: Columns that a file must have; any other may be absent.
REQUIRED = ("id", "price")

DEALS = {"sale": DealType.SALE, "rent": DealType.RENT, "продажа": DealType.SALE, "аренда": DealType.RENT}
CLASSES = {
    "эконом": PropertyClass.ECONOMY,
    "комфорт": PropertyClass.COMFORT,
    "бизнес": PropertyClass.BUSINESS,
    "премиум": PropertyClass.ELITE,
    "элит": PropertyClass.ELITE,
    "элитный": PropertyClass.ELITE,
}
MARKETS = {"new": "новостройка", "resale": "вторичное жильё"}
YES, NO = {"1", "true", "да", "yes"}, {"", "0", "false", "нет", "no"}

#: What is kept under its own name in `attributes`, and how it is read.
UNITS_KEPT = {
    "living_area": Unit.AREA,
    "kitchen_area": Unit.AREA,
    "ceiling_m": Unit.METRES,
    "metro_min": Unit.MINUTES,
}
WORDS_KEPT = ("okrug", "market", "house_type", "wc")

#: numeric(17, 2) and numeric(10, 2) hold less than these.
LARGEST_PRICE, LARGEST_AREA = Decimal(10) ** 15, Decimal(10) ** 8
FLOORS, YEARS = range(-10, 301), range(1500, 2101)
LONGEST_FIELD = 100_000  # characters; the csv module refuses longer ones


class ListingsFileError(DomainError):
    """The file as a whole cannot be read as listings."""


class BadRowError(ValueError):
    """One row cannot be a listing; the text says why."""


@dataclass(frozen=True)
class Listing:
    """A good row: columns of :class:`models.market.properties.Property` without owner and city."""

    line: int
    external_id: str
    columns: dict[str, Any]
    #: Fields that hold what means "unknown": -1, 0 where it is impossible, a dash, the year 1970.
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class BadRow:
    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def read_listings(
    path: Path, city: City, on_bytes: Callable[[int], None] = lambda _: None
) -> Iterator[Listing | BadRow]:
    """
    The rows of the file, good and bad, in its order. *on_bytes* is told how far into the file we are.

    Raises:
        ListingsFileError: It cannot be opened, is not UTF-8 text with a header, lacks a required column, or has one twice.
    """
    csv.field_size_limit(LONGEST_FIELD)
    lines: dict[str, int] = {}
    try:
        with path.open("rb") as raw:
            # utf-8-sig: spreadsheets put a mark before the first column's name.
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            # strict: a quotation mark that is never closed would quietly make the rows after it part of one field.
            reader = csv.DictReader(text, restkey="", delimiter=_delimiter(text), strict=True)
            reader.fieldnames = _column_names(path, reader)
            for row in _rows(reader):
                line = reader.reader.line_num  # where it ends; DictReader's own does not move on at an error
                try:
                    if isinstance(row, csv.Error):
                        raise BadRowError(f"it is no well-formed CSV: {row}")
                    listing = _listing(line, row, city)
                    first = lines.setdefault(listing.external_id, line)
                    if first != line:
                        raise BadRowError(f"id {listing.external_id} stands on line {first} already")
                    yield listing
                except BadRowError as error:
                    yield BadRow(line, str(error))
                on_bytes(raw.tell())
    except OSError as error:
        raise ListingsFileError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ListingsFileError(f"{path} is not UTF-8 text; save it as UTF-8 and try again") from None


def _delimiter(text: io.TextIOWrapper) -> str:
    """Comma, or what the header has more of: semicolons, as spreadsheets in Russian write, or tabs."""
    header = text.readline()
    text.seek(0)
    return max(",;\t", key=header.count)


def _column_names(path: Path, reader: csv.DictReader) -> list[str]:
    """The header's names, however they are written; each known one must stand there once, as far as it is needed."""
    try:
        names = [name.strip().casefold() for name in reader.fieldnames or []]
    except csv.Error as error:
        raise ListingsFileError(f"{path} has no header that can be read: {error}") from None
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ListingsFileError(f"{path} has no column {' and no column '.join(missing)} in its first line")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ListingsFileError(f"{path} has two columns {' and two columns '.join(twice)}")
    # Nameless columns, as spreadsheets leave at the right, are passed over; DictReader's restkey is "", so not by that name.
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _rows(reader: csv.DictReader) -> Iterator[dict[str, Any] | csv.Error]:
    """The rows; a row that the csv module cannot read is its error."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def _listing(line: int, row: dict[str, Any], city: City) -> Listing:
    if "" in row or None in row.values():
        raise BadRowError("it has more or fewer fields than the header")
    row = {name: value.strip() for name, value in row.items()}
    if any("\0" in value for value in row.values()):
        raise BadRowError("it holds a zero byte")
    get = lambda name: row.get(name, "")
    if not get("id") or len(get("id")) > 100:
        raise BadRowError("id is missing or longer than 100 characters")
    if get("city") and city_of(get("city")) != city:
        raise BadRowError(f"it is in another city: {get('city')[:100]}")
    cells = CellReader()
    columns = _columns(row, cells, city)
    columns["search_text"] = _search_text(row, columns["attributes"])
    if columns["price"] is None:
        raise BadRowError("price is missing")
    if None not in (columns["floor"], columns["total_floors"]) and columns["floor"] > columns["total_floors"]:
        raise BadRowError(f"floor {columns['floor']} is above the house's {columns['total_floors']} floors")
    return Listing(line, get("id"), columns, tuple(sorted(cells.unknown)))


def _columns(row: dict[str, str], cells: CellReader, city: City) -> dict[str, Any]:
    get = lambda name: row.get(name, "")
    price = _read("price", lambda: cells.amount("price", get("price")))
    return {
        "deal_type": _one_of(row, "deal", DEALS, DealType.SALE),
        "district": _words(row, "district", Property.district),
        "metro_station": _words(row, "metro", Property.metro_station),
        "street": _words(row, "street", Property.street),
        "house_number": _words(row, "house", Property.house_number),
        "title": _words(row, "headline", Property.title),
        "property_type": PropertyType.APARTMENTS if _flag(row, "is_apartments") else PropertyType.APARTMENT,
        "property_class": _one_of(row, "declared_class", CLASSES, None),
        "price": None if price is None else _within("price", price.value, LARGEST_PRICE),
        "currency": _currency(get("currency"), price) or city.currency,
        "area": _amount(cells, row, "area"),
        "rooms": _read("rooms", lambda: cells.rooms("rooms", get("rooms"))),
        "floor": _whole(cells, row, "floor", FLOORS, Unit.FLOOR),
        "total_floors": _whole(cells, row, "floors_total", range(1, 301), Unit.FLOOR),
        "year_built": _year(cells, row),
        "attributes": _attributes(row, cells),
    }


def _attributes(row: dict[str, str], cells: CellReader) -> dict[str, Any]:
    numbers = {name: _number(cells, row, name, unit) for name, unit in UNITS_KEPT.items()}
    # What no float holds, the database would refuse together with the whole batch.
    kept: dict[str, Any] = {
        name: float(number) for name, number in numbers.items() if number is not None and number < LARGEST_AREA
    }
    kept |= {name: row[name] for name in WORDS_KEPT if row.get(name)}
    kept |= {name: True for name in ("is_penthouse", "metro_walk") if _flag(row, name)}
    return kept


def _search_text(row: dict[str, str], attributes: dict[str, Any]) -> str:
    """Words for the engine that stand in no column of their own."""
    words = [
        MARKETS.get(row.get("market", ""), ""),
        "пентхаус" if _flag(row, "is_penthouse") else "",
        f"{row['house_type'].lower()} дом" if row.get("house_type") else "",
        f"санузел {row['wc']}" if row.get("wc") else "",
        f"потолки {row['ceiling_m']} м" if "ceiling_m" in attributes else "",
        f"кухня {row['kitchen_area']} м²" if "kitchen_area" in attributes else "",
    ]
    return ", ".join(filter(None, words))


def _read(name: str, read: Callable[[], Value]) -> Value:
    """What *read* reads of the field; a refusal names it."""
    try:
        return read()
    except UnreadableError as error:
        raise BadRowError(f"{name}: {error.message}") from None


def _number(cells: CellReader, row: dict[str, str], name: str, unit: Unit) -> Decimal | None:
    return _read(name, lambda: cells.number(name, row.get(name, ""), unit))


def _amount(cells: CellReader, row: dict[str, str], name: str) -> Decimal | None:
    number = _number(cells, row, name, Unit.AREA)
    return None if number is None else _within(name, number, LARGEST_AREA)


def _within(name: str, number: Decimal, limit: Decimal) -> Decimal:
    # Rounded as the column rounds: an area of 0.001 would be 0 there.
    if not Decimal("0.005") <= number < limit:
        raise BadRowError(f"{name} must be above 0 and below {limit:,.0f}, not {number:f}"[:200])
    return number


def _whole(cells: CellReader, row: dict[str, str], name: str, allowed: range, unit: Unit) -> int | None:
    is_signed = allowed[0] < 0
    number = _read(name, lambda: cells.whole(name, row.get(name, ""), unit, nought=is_signed, negative=is_signed))
    if number is not None and number not in allowed:
        raise BadRowError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {row[name][:50]}")
    return number


def _year(cells: CellReader, row: dict[str, str]) -> int | None:
    year = _read("year_built", lambda: cells.year("year_built", row.get("year_built", "")))
    if year is not None and year not in YEARS:
        raise BadRowError(f"year_built must be a whole number from {YEARS[0]} to {YEARS[-1]}, not {year}"[:200])
    return year


def _words(row: dict[str, str], name: str, column: Any) -> str | None:
    value = row.get(name, "")
    if len(value) > column.type.length:
        raise BadRowError(f"{name} is longer than {column.type.length} characters")
    return value or None


def _one_of(row: dict[str, str], name: str, words: dict[str, Any], default: Any) -> Any:
    value = row.get(name, "")
    if not value:
        return default
    try:
        return words[value.casefold()]
    except KeyError:
        raise BadRowError(f"{name} is none of {', '.join(words)}: {value[:50]}") from None


def _flag(row: dict[str, str], name: str) -> bool:
    value = row.get(name, "").casefold()
    if value not in YES | NO:
        raise BadRowError(f"{name} must be 1 or 0, not {value[:50]}")
    return value in YES


def _currency(value: str, price: Amount | None) -> str | None:
    """The currency of the price: of its own column, or beside the amount; they must not differ."""
    named = _read("currency", lambda: read_currency(value)) if value and not is_unknown(value) else None
    beside = price.currency if price is not None else None
    if None not in (named, beside) and named != beside:
        raise BadRowError(f"price is in {beside}, and currency says {named}")
    return named or beside
