"""Listings from a CSV file as rows of properties: reading and checking; scripts/importing.py stores them.

The file is read as a stream. A bad row is handed on with its line and the reason and does not stop the rest. An empty
field is unknown, never zero.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from models.core.enums import DealType, PropertyClass, PropertyType
from models.core.errors import DomainError
from models.market.places import City, city_of
from models.market.properties import Property

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
#: The rouble's code before 1998, which portals still write.
CURRENCY_NAMES = {"RUR": "RUB"}
MARKETS = {"new": "новостройка", "resale": "вторичное жильё"}
YES, NO = {"1", "true", "да", "yes"}, {"", "0", "false", "нет", "no"}

#: What is kept under its own name in `attributes`, and how it is read.
NUMBERS_KEPT = ("living_area", "kitchen_area", "ceiling_m", "metro_min")
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
    columns = {
        "deal_type": _one_of(row, "deal", DEALS, DealType.SALE),
        "district": _words(row, "district", Property.district),
        "metro_station": _words(row, "metro", Property.metro_station),
        "street": _words(row, "street", Property.street),
        "house_number": _words(row, "house", Property.house_number),
        "title": _words(row, "headline", Property.title),
        "property_type": PropertyType.APARTMENTS if _flag(row, "is_apartments") else PropertyType.APARTMENT,
        "property_class": _one_of(row, "declared_class", CLASSES, None),
        "price": _amount(row, "price", LARGEST_PRICE),
        "currency": _currency(get("currency")) or city.currency,
        "area": _amount(row, "area", LARGEST_AREA),
        "rooms": _whole(row, "rooms", range(101)),
        "floor": _whole(row, "floor", FLOORS),
        "total_floors": _whole(row, "floors_total", range(1, 301)),
        "year_built": _whole(row, "year_built", YEARS),
        "attributes": _attributes(row),
    }
    columns["search_text"] = _search_text(row, columns["attributes"])
    if columns["price"] is None:
        raise BadRowError("price is missing")
    if None not in (columns["floor"], columns["total_floors"]) and columns["floor"] > columns["total_floors"]:
        raise BadRowError(f"floor {columns['floor']} is above the house's {columns['total_floors']} floors")
    return Listing(line, get("id"), columns)


def _attributes(row: dict[str, str]) -> dict[str, Any]:
    numbers = {name: _number(row, name) for name in NUMBERS_KEPT}
    # Portals write -1 for unknown; and what no float holds, the database would refuse together with the whole batch.
    kept: dict[str, Any] = {
        name: float(number) for name, number in numbers.items() if number is not None and 0 <= number < LARGEST_AREA
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


def _number(row: dict[str, str], name: str) -> Decimal | None:
    """
    A number as people write it, or None for an empty field.

    >>> _number({"price": "17\\u00a0100 000,50"}, "price")
    Decimal('17100000.50')
    """
    raw = row.get(name, "")
    if not raw:
        return None
    try:
        number = Decimal("".join(raw.split()).replace(",", "."))
    except InvalidOperation:
        raise BadRowError(f"{name} is no number: {raw[:50]}") from None
    if not number.is_finite():
        raise BadRowError(f"{name} is no number: {raw[:50]}")
    return number


def _amount(row: dict[str, str], name: str, limit: Decimal) -> Decimal | None:
    number = _number(row, name)
    # Rounded as the column rounds: an area of 0.001 would be 0 there.
    if number is not None and not Decimal("0.005") <= number < limit:
        raise BadRowError(f"{name} must be above 0 and below {limit:,.0f}, not {row[name][:50]}")
    return number


def _whole(row: dict[str, str], name: str, allowed: range) -> int | None:
    number = _number(row, name)
    if number is None:
        return None
    # Bounds first: as an integer, 1e9999999 would keep us busy for hours.
    if not allowed[0] <= number <= allowed[-1] or number != number.to_integral_value():
        raise BadRowError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {row[name][:50]}")
    return int(number)


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


def _currency(value: str) -> str:
    if value and not (len(value) == 3 and value.isascii() and value.isalpha()):
        raise BadRowError(f"currency must be three letters, such as RUB, not {value[:50]}")
    return CURRENCY_NAMES.get(value.upper(), value.upper())
