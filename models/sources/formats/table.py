"""
Rows of a table (CSV, XLSX) -> offers: the header is found, its columns are recognised, and the rows are read by them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from itertools import chain, islice

from models.core.enums import DealType, PropertyType
from models.core.errors import Fault
from models.sources.formats import addresses, cells, common, facts, kinds_in_words, loose_rows, offer_fields, values
from models.sources.formats.csv_rows import Row
from models.sources.formats.headers import BY_NAME, Column, column_of, header_score, joined, most_certain
from models.sources.formats.offer import Entry, FeedError, Notes, Offer
from models.sources.formats.status import set_status
from models.sources.formats.vocabulary import CLASSES, DAILY, DEALS, MARKETS, entry, fold
from models.sources.formats.xlsx_rows import DATE_MARK

#: The number of rows in which the header is searched; titles, dates or a firm's address may precede it.
MAX_TITLE_ROWS = 30
#: The numbers of rows after the header, of values of a column, and of characters of a value that are shown for mapping
#: columns.
SAMPLED_ROWS, MAX_SAMPLES, LONGEST_SAMPLE = 20, 3, 60
#: Columns of numbers, in which a date means that the spreadsheet has converted "2/5".
NUMBERS = frozenset(
    [
        "price",
        "discount_price",
        "area",
        "living_area",
        "kitchen_area",
        "land_area",
        "rooms",
        "floor",
        "total_floors",
        "year_built",
        "metro_min",
        "ceiling",
    ]
)
#: Columns that identify a home in a table without ids.
IDENTITY = ("deal", "type", "city", "district", "address", "street", "house", "rooms", "area", "floor", "total_floors")
#: Fields that may have several columns, whose texts are joined.
SEVERAL = ("photos", "description", "words", "notes", "private_notes", "contact")
FLAGS = ("furnished", "pets", "children", "mortgage", "utilities_included", "lift")


@dataclass(frozen=True)
class Header:
    """The columns of a table, and the line after which its rows begin."""

    line: int
    columns: list[Column]
    #: A column's name -> the distinct contents of its first cells.
    samples: dict[str, list[str]] = default(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """A column's name -> its field, "" for none."""
        return {column.name: column.field for column in self.columns if column.name}

    @property
    def units(self) -> dict[str, Column]:
        """Field -> its column."""
        return {column.field: column for column in self.columns if column.field}

    @property
    def fields(self) -> set[str]:
        return {column.field for column in self.columns} - {""}


def find_header(rows: Iterator[Row], mapping: Mapping[str, str] | None = None) -> tuple[Header, Iterator[Row]]:
    """
    The header of a table of listings, and the rows after it.

    Raises:
        FeedError: There is no column of prices, or one field has two columns.
    """
    header, rest = read_header(rows, mapping)
    return _checked(header), rest


def read_header(
    rows: Iterator[Row], mapping: Mapping[str, str] | None = None, known: Mapping[str, str] = BY_NAME
) -> tuple[Header, Iterator[Row]]:
    """
    The header, and the rows after it.

    The header is the first row with two or more known names; if there is none, the row with the most cells near the
    top.

    Raises:
        FeedError: The file is empty.
    """
    above: list[Row] = []
    header_index = None
    for row in rows:
        above.append(row)
        if header_score(row.cells, mapping, known) >= 2:
            header_index = len(above) - 1
            break
        if len(above) >= MAX_TITLE_ROWS:
            break
    if not above:
        raise FeedError("feed.empty")
    if header_index is None:
        named = header_score(above[0].cells, mapping, known)
        header_index = (
            0
            if named
            else max(range(len(above)), key=lambda index: (len([c for c in above[index].cells if c]), -index))
        )
    rest: Iterator[Row] = chain(above[header_index + 1 :], rows)
    names, line = above[header_index].cells, above[header_index].line
    following = next(rest, None)
    if following is not None:
        if _is_lower_half(names, following.cells, mapping, known):
            names, line = _whole_names(names, following.cells, mapping, known), following.line
        elif header_score(following.cells, mapping, known) > header_score(names, mapping, known):
            names, line = following.cells, following.line  # the row above it names groups of columns
        else:
            rest = chain([following], rest)
    columns = most_certain([column_of(" ".join(name.split()), mapping, known) for name in names], SEVERAL)
    first = list(islice(rest, SAMPLED_ROWS))
    return Header(line, columns, _samples(columns, first)), chain(first, rest)


def offers(rows: Iterable[Row], header: Header, notes: Notes) -> Iterator[Offer]:
    """An offer for each row, in their order."""
    has_id = "id" in header.fields
    units = header.units
    for row, texts in rows_by_field(rows, header, notes):
        offer = Offer(row.line)
        if row.error:
            offer.refuse("row", row.error, row.cells[0] if row.cells else "")
            yield offer
            continue
        undo_dates(offer, texts, NUMBERS)
        offer_fields.set_id(offer, texts.get("id") if has_id else _identity(texts))
        _take(offer, texts, units, notes)
        yield offer


def rows_by_field(rows: Iterable[Row], header: Header, notes: Notes) -> Iterator[tuple[Row, dict[str, str]]]:
    """Each row with the texts of its known columns: field -> text. An unreadable row has an `error`."""
    notes.columns, notes.samples = header.names, header.samples
    is_csv = notes.kind == "csv"  # a truncated workbook cannot be read at all
    rows = loose_rows.listings(rows, [column.name for column in header.columns], may_be_cut=is_csv)
    for row in loose_rows.report_cut_off(rows) if is_csv else rows:
        texts: dict[str, str] = {}
        for column, cell in zip(header.columns, row.cells, strict=False):
            if cell and column.field:
                texts[column.field] = f"{texts[column.field]}\n{cell}" if column.field in texts else cell
            elif cell:
                notes.met[column.name or "(a column without a name)"] += 1
        more = [cell for cell in row.cells[len(header.columns) :] if cell]
        if more and not row.error:
            yield Row(row.line, more, Fault("import.more_cells")), texts
        else:
            yield row, texts


def _whole_names(
    upper: list[str], lower: list[str], mapping: Mapping[str, str] | None, known: Mapping[str, str]
) -> list[str]:
    """The names of a header of two rows; «Этаж» over «этажность» is recognised by its lower row alone."""
    both = joined(upper, lower)
    alone = [column_of(cell, mapping, known) for cell in lower]
    return [
        lower[column] if column < len(alone) and alone[column].field and alone[column].is_sure and not sure else name
        for column, name in enumerate(both)
        for sure in [column_of(name, mapping, known).is_sure]
    ]


def _is_lower_half(
    upper: list[str], lower: list[str], mapping: Mapping[str, str] | None, known: Mapping[str, str]
) -> bool:
    """Whether a row is the second row of a header: it names columns below merged or empty cells."""
    gaps = [column for column, cell in enumerate(lower) if cell and (column >= len(upper) or not upper[column])]
    if not gaps or any(cell.replace(" ", "").replace(",", "").isdecimal() for cell in lower):
        return False
    return header_score(joined(upper, lower), mapping, known) > header_score(upper, mapping, known)


def _samples(columns: list[Column], rows: list[Row]) -> dict[str, list[str]]:
    samples: dict[str, list[str]] = {column.name: [] for column in columns if column.name}
    for row in rows:
        for column, cell in zip(columns, row.cells, strict=False):
            column_samples = samples.get(column.name)
            text = " ".join(cell.removeprefix(DATE_MARK).split())
            text = text if len(text) <= LONGEST_SAMPLE else f"{text[: LONGEST_SAMPLE - 1]}…"
            if column_samples is not None and text and len(column_samples) < MAX_SAMPLES and text not in column_samples:
                column_samples.append(text)
    return samples


def _checked(header: Header) -> Header:
    if not header.fields & {"price", "price_per_area", "discount_price"}:
        known = ", ".join(column.name for column in header.columns if column.name)[:300]
        fault = Fault("feed.no_prices", columns=known or "—")
        raise FeedError(fault, header.names, header.samples)
    refuse_twice(header)
    return header


def refuse_twice(header: Header) -> None:
    """Raises FeedError if two columns have the same field and the field has a single value."""
    for column in header.columns:
        twice = [other.name for other in header.columns if other.field == column.field and column.field]
        if len(twice) > 1 and column.field not in SEVERAL:
            raise FeedError(
                Fault("feed.two_columns", field=column.field, columns=", ".join(twice)[:200]),
                header.names,
                header.samples,
            )


def undo_dates(offer: Entry, texts: dict[str, str], numbers: frozenset[str]) -> None:
    """
    Remove values that a spreadsheet converted to dates from columns of *numbers*, and the markers of all other dates.
    """
    for field in numbers & texts.keys():
        if texts[field].startswith(DATE_MARK) or cells.is_date(texts[field]):
            day = texts.pop(field).removeprefix(DATE_MARK)
            offer.guess(field, "import.spreadsheet_date", day)
    for field, text in texts.items():
        texts[field] = text.removeprefix(DATE_MARK)


def _identity(texts: Mapping[str, str]) -> str:
    """An id derived from the values that distinguish homes, for tables without a column of ids."""
    parts = "|".join(" ".join(texts.get(name, "").casefold().split()) for name in IDENTITY)
    return f"row-{hashlib.sha256(parts.encode()).hexdigest()[:20]}"


def _take(offer: Offer, texts: Mapping[str, str], units: Mapping[str, Column], notes: Notes) -> None:
    get = texts.get
    deal = get("deal")
    offer.deal_type = entry(DEALS, deal)
    period = get("period")
    if fold(deal or "") in DAILY:
        offer.deal_type, period = DealType.RENT, period or "посуточно"
    if offer.deal_type is None:
        if deal is not None:
            offer.refuse("deal", "import.neither_sale_nor_rent", deal)
        else:
            price_heading = units["price"].name.casefold() if "price" in units else ""
            rents = "аренд" in price_heading or "rent" in price_heading or period is not None
            offer.deal_type = DealType.RENT if rents else DealType.SALE
    if get("type") is None:
        offer.property_type = PropertyType.APARTMENT
        if values.flag(get("is_apartments")):
            offer.property_type = PropertyType.APARTMENTS
    else:
        common.set_type(offer, get("type"), apartments=values.flag(get("is_apartments")))
    whole, living, kitchen = cells.areas(get("area"))
    offer.area = offer_fields.area(offer, "area", whole, core=True)
    offer.living_area = offer_fields.area(offer, "living_area", get("living_area", living))
    offer.kitchen_area = offer_fields.area(offer, "kitchen_area", get("kitchen_area", kitchen))
    if get("land_area"):
        offer_fields.land_area(offer, get("land_area"), "сот" if "сот" in units["land_area"].name.casefold() else None)
    rooms = get("rooms") or kinds_in_words.rooms_in(get("type"))
    common.set_rooms(offer, rooms, studio=bool(values.flag(get("studio"))))
    offer_fields.floors(offer, get("floor"), get("total_floors"))
    offer.year_built = offer_fields.year(offer, get("year_built"))
    _take_place(offer, texts)
    _take_price(offer, texts, units, period)
    _take_home(offer, texts)
    offer.title = values.clean_text(get("title"))
    offer.description = values.prose(get("description"))
    offer_fields.add_photos(offer, [(part, "photo") for part in _addresses(get("photos"))])
    offer_fields.add_photos(offer, [(part, "plan") for part in _addresses(get("plan"))])
    set_status(offer, [get("status", "")] if values.clean_text(get("status")) else [], get("expires"), notes.now)


def _take_place(offer: Offer, texts: Mapping[str, str]) -> None:
    get = texts.get
    offer.city, offer.region = values.clean_text(get("city")), values.clean_text(get("region"))
    addresses.set_district(offer, get("district"))
    if get("okrug"):
        offer.attributes["okrug"] = get("okrug")
    addresses.set_address(offer, get("address"))
    street, house = values.clean_text(get("street")), values.clean_text(get("house"))
    offer.street = street[:200] if street else offer.street
    offer.house_number = house[:50] if house else offer.house_number
    offer_fields.coordinates(offer, *cells.degrees(get("coordinates"), get("latitude"), get("longitude")))
    cells.add_stations(offer, get("metro"), get("metro_min"), values.flag(get("metro_walk")))


def _take_price(offer: Offer, texts: Mapping[str, str], units: Mapping[str, Column], period: str | None) -> None:
    field, unit = ("price", None)
    if "price" not in texts and "price_per_area" in texts:
        field, unit = "price_per_area", "кв. м"
    column = units.get(field)
    common.set_price(
        offer,
        texts.get(field),
        [texts.get("discount_price")],
        currency=texts.get("currency") or (column.currency if column else None),
        unit=unit,
        period=period,
    )
    # A column in thousands: amounts written in full ("12,5 млн") are not in thousands.
    if column and column.factor != 1 and offer.price is not None and "м" not in texts.get(field, ""):
        offer.price *= column.factor


def _take_home(offer: Offer, texts: Mapping[str, str]) -> None:
    get = texts.get
    offer.property_class = offer_fields.word(offer, "class", CLASSES, values.clean_text(get("class")))
    offer.market = entry(MARKETS, values.clean_text(get("market"))) or kinds_in_words.market_in(get("type"))
    facts.set_condition(offer, values.clean_text(get("condition")))
    facts.set_material(offer, values.clean_text(get("material")))
    facts.set_bathroom(offer, values.clean_text(get("wc")))
    facts.set_number(offer, "ceiling_height", get("ceiling"), 1.8, 20)
    facts.set_balcony(offer, values.clean_text(get("balcony")))
    facts.set_view(offer, values.clean_text(get("view")))
    facts.set_parking(offer, values.clean_text(get("parking")))
    for name in FLAGS:
        facts.set_flag(offer, name, get(name))
    if values.flag(get("is_penthouse")):
        offer.attributes["is_penthouse"] = True
    if get("building"):
        offer.attributes["building"] = get("building", "")[:200]
    facts.set_deposit(offer, get("deposit"))
    facts.set_commission(offer, get("commission"))


def _addresses(text: str | None) -> list[str]:
    """The addresses in a cell, separated by blanks, commas, semicolons or bars, or in a spreadsheet's HYPERLINK."""
    if not text:
        return []
    if text.casefold().startswith("=hyperlink("):
        return [text.split('"')[1]] if text.count('"') >= 2 else []
    return [
        part
        for part in text.replace(";", " ").replace("|", " ").replace(", ", " ").replace(",http", " http").split()
        if part
    ]
