"""CSV and XLSX as programs and people write them."""

import gzip
import io
from datetime import datetime
from decimal import Decimal

import pytest

from models.core.enums import DealType, PropertyClass, PropertyType
from models.sources.formats import csv_rows
from models.sources.formats.offer import FeedError, Photo
from tests.models.sources.feeds import feed_of, read, xlsx
from tests.sentences import english

RUSSIAN = "Код;Город;Район;Адрес;Комнат;Площадь;Кухня;Этаж;Этажность;Цена;Описание;Фото"
HOME = "007;Москва;Хамовники;ул. Усачёва, 11;2;54,3;11;5;9;21 500 000;Тихий двор;https://a.example/1.jpg, https://a.example/2.jpg"


def check(found):
    assert found.faults == []
    assert (found.external_id, found.city, found.district, found.rooms) == ("007", "Москва", "Хамовники", 2)
    assert (found.area, found.kitchen_area, found.floor, found.total_floors) == (Decimal("54.3"), Decimal(11), 5, 9)
    assert (found.price, found.description) == (Decimal(21_500_000), "Тихий двор")
    assert (found.street, found.house_number) == ("ул. Усачёва", "11")
    assert found.photos == [Photo("https://a.example/1.jpg"), Photo("https://a.example/2.jpg")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_found(tmp_path, encoding, end):
    [found] = read(tmp_path, (RUSSIAN + end + HOME + end).encode(encoding))

    check(found)
    assert found.line == 2


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_separators_are_found(tmp_path, separator):
    def line(text):
        cells = text.split(";")
        return separator.join(f'"{cell}"' if separator in cell else cell for cell in cells)

    [found] = read(tmp_path, f"{line(RUSSIAN)}\n{line(HOME)}\n".encode())

    check(found)


def test_a_first_line_may_name_the_separator(tmp_path):
    [found] = read(tmp_path, f"sep=;\r\n{RUSSIAN}\r\n{HOME}\r\n".encode("cp1251"))

    check(found)
    assert found.line == 3


def test_titles_may_be_above_the_header(tmp_path):
    above = "Прайс-лист агентства «Окна»;;;;;;;;;;;\nот 31.01.2026;;;;;;;;;;;\n;;;;;;;;;;;\n"
    [found] = read(tmp_path, (above + RUSSIAN + "\n" + HOME).encode())

    check(found)
    assert found.line == 5


def test_lines_end_in_more_than_one_way_and_numbers_count_lines(tmp_path):
    text = 'id,price,description\r\n1,5,"two\nlines"\r2,x,\n\n3,7,\r\n'
    first, second, third = read(tmp_path, text.encode())

    assert [(found.external_id, found.line) for found in (first, second, third)] == [("1", 2), ("2", 4), ("3", 6)]
    assert first.description == "two\nlines"
    assert [(fault.field, english(fault.reason), fault.read) for fault in second.faults] == [
        ("price", "This is not a number: x.", "x")
    ]


def test_cells_may_be_longer_than_128_kb(tmp_path):
    [found] = read(tmp_path, f"id;price;description\n1;5;{'дом ' * 50_000}\n".encode())

    assert len(found.description) == 199_999


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(tmp_path):
    good, bad, last = read(tmp_path, b'id,price,title\n1,5,a\n2,6,"b\n3,7,c\n')

    assert (good.external_id, last.external_id) == ("1", "3")
    assert bad.line == 3 and bad.faults[0].reason == "import.open_quotation_mark"


def test_a_file_whose_every_row_leaves_a_quotation_mark_open_is_not_read_over_and_over(monkeypatch):
    """Each row would be read to the maximum of 2,000 lines before it is refused."""
    read_lines = 0
    read_line = csv_rows._Lines.__next__

    def counting(lines):
        nonlocal read_lines
        read_lines += 1
        return read_line(lines)

    monkeypatch.setattr(csv_rows._Lines, "__next__", counting)
    count = 20_000
    text = b"id,price\n" + b'a",b,"c\n' * count + b'1,"two\nlines"\n'

    read_rows = list(csv_rows.rows(io.BytesIO(text)))

    assert [row.line for row in read_rows if row.error][: count - 1] == list(range(2, count + 1))
    assert read_lines < csv_rows.FREE_LINES_AGAIN + (csv_rows.LINES_AGAIN + 2) * count


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path):
    bad, good = read(tmp_path, b"id,price\n1,5,6\n2,7,\n")

    assert bad.faults[0].reason == "import.more_cells"
    assert good.faults == []


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("Артикул;Стоимость, тыс. руб.", "1;21500", (21_500_000, "RUB")),
        ("Артикул;Цена (млн)", "1;21,5", (21_500_000, None)),
        ("Артикул;Цена, USD", "1;90000", (90_000, "USD")),
        ("Артикул;Цена", "1;12,5 млн", (12_500_000, None)),
        ("Артикул;Цена", "1;450 тыс. ₽", (450_000, "RUB")),
        ("Артикул;Цена;Валюта", "1;45000000;тенге", (45_000_000, "KZT")),
        ("Артикул;Цена за м²;Площадь, м²", "1;300 000;50", (15_000_000, None)),
        ("Артикул;Цена за квартиру, руб.;Площадь, м²", "1;300 000;50", (300_000, "RUB")),
        ("Артикул;Цена;Цена со скидкой", "1;100;90", (90, None)),
        ("ID;Price", "1;1500000.50", ("1500000.50", None)),
    ],
)
def test_money_is_read_in_the_units_of_its_column(tmp_path, header, cells, expected):
    [found] = read(tmp_path, f"{header}\n{cells}\n".encode())

    assert (found.price, found.currency, found.faults) == (Decimal(expected[0]), expected[1], [])


@pytest.mark.parametrize(
    ("header", "cell", "field", "value"),
    [
        ("Кол-во комнат", "3-комн.", "rooms", 3),
        ("Комнатность", "студия", "rooms", 0),
        ("Комнат", "0", "rooms", 0),
        ("Тип сделки", "Аренда", "deal_type", DealType.RENT),
        ("Тип объекта", "Таунхаус", "property_type", PropertyType.TOWNHOUSE),
        ("Тип", "апартаменты", "property_type", PropertyType.APARTMENTS),
        ("Класс жилья", "Бизнес", "property_class", PropertyClass.BUSINESS),
        ("Общая площадь (м²)", "47.6 кв.м", "area", Decimal("47.6")),
        ("S общ.", "47,6", "area", Decimal("47.6")),
        ("Год постройки", "1970", "year_built", None),
        ("Площадь кухни, кв.м", "-1", "kitchen_area", None),
        ("total_floors", "9", "total_floors", 9),
        ("property_type", "house", "property_type", PropertyType.HOUSE),
        ("metro_station", "Спортивная", "stations", None),
    ],
)
def test_columns_are_known_by_many_names(tmp_path, header, cell, field, value):
    [found] = read(tmp_path, f"id;цена;{header}\n1;5000000;{cell}\n".encode())

    assert found.faults == []
    if field == "stations":
        assert [station.name for station in found.stations] == ["Спортивная"]
    else:
        assert getattr(found, field) == value


@pytest.mark.parametrize(
    ("header", "cells", "deal"),
    [
        ("id;Арендная плата, руб./мес", "1;65000", DealType.RENT),
        ("id;Цена;Период", "1;65000;месяц", DealType.RENT),
        ("id;Цена;Тип сделки", "1;65000;сдам", DealType.RENT),
        ("id;Цена", "1;6500000", DealType.SALE),
    ],
)
def test_a_table_of_rents_is_recognised_by_its_column_of_prices(tmp_path, header, cells, deal):
    [found] = read(tmp_path, f"{header}\n{cells}\n".encode())

    assert (found.deal_type, found.faults) == (deal, [])


def test_floor_and_floors_may_share_a_cell(tmp_path):
    first, second = read(tmp_path, "id;цена;Этаж/Этажность\n1;5;2/5\n2;5;3 из 9\n".encode())

    assert [(found.floor, found.total_floors) for found in (first, second)] == [(2, 5), (3, 9)]


def test_unknown_columns_are_reported_and_a_mapping_completes_them(tmp_path):
    data = "Код;Цена;Куратор;Наша цена\n1;5;Иван;4\n2;6;;5\n".encode()
    feed = feed_of(tmp_path, data)
    list(feed.offers())
    mapped = feed_of(tmp_path, data, mapping={"Наша цена": "discount_price", "Куратор": ""})

    assert feed.notes.ignored_fields == {"Наша цена": 2, "Куратор": 1}
    assert [found.price for found in mapped.offers()] == [4, 5]
    assert mapped.notes.ignored_fields == {"Куратор": 1}


def test_homes_without_ids_are_known_by_what_they_are(tmp_path):
    header, first = "Адрес;Комнат;Площадь;Этаж;Цена", "Тула, ул. Мира, 3;2;50;4;5000000"
    one, two = read(tmp_path, f"{header}\n{first}\nТула, ул. Мира, 3;2;50;5;5000000\n".encode())
    [dearer] = read(tmp_path, f"{header}\n{first.replace('5000000', '6000000')}\n".encode())

    assert one.external_id == dearer.external_id != two.external_id


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        ("Код;Район\n1;Центр\n".encode(), "No column of prices was found; the columns are: Код, Район"),
        ("id;Цена;Стоимость\n1;2;3\n".encode(), "Two columns contain the same field, price: Цена, Стоимость"),
        (b"\x00\x01\x02\x00\x00\x07" * 50, "not text"),
        (b'{"offers": []}', "JSON"),
        (b"%PDF-1.7 ...", "a document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old .xls"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged or was cut off"),
        (b"<!DOCTYPE html><html><body>offers</body></html>", "a web page"),
        (b"<html><head/></html>", "a web page"),
        (b"<?xml version='1.0'?><yml><shop/></yml>", "its root element is <yml>"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><realty-feed><offer/></realty-feed>", "entities"),
    ],
)
def test_a_file_that_holds_no_listings_is_one_clear_error(tmp_path, data, reason):
    with pytest.raises(FeedError) as refusal:
        read(tmp_path, data)

    assert reason in english(refusal.value)


def test_a_workbook_with_a_title_and_a_header_of_two_rows(tmp_path):
    data = xlsx(
        ["Прайс агентства"],
        [],
        ["Код", "Город", "Цена", "Площадь, м²", None, None, "Этаж"],
        [None, None, None, "общая", "жилая", "кухня", None],
        ["007", "Москва", 21_500_000, 54.3, 31.0, 11, 5],
        merged="D3:F3",
    )
    [found] = read(tmp_path, data)

    assert found.faults == [] and found.line == 5
    assert (found.external_id, found.price, found.floor) == ("007", Decimal(21_500_000), 5)
    assert (found.area, found.living_area, found.kitchen_area) == (Decimal("54.3"), Decimal(31), Decimal(11))


def test_a_workbooks_formulas_are_texts_and_floors_read_as_dates_are_reported(tmp_path):
    data = xlsx(
        ["id", "Цена", "Этаж", "Описание", "Фото"],
        [110548, 5_000_000.0, datetime(2026, 5, 2), "=1+1", '=HYPERLINK("https://a.example/1.jpg","фото")'],
        [2, "=B2*2", 3, "дом", None],
        formats={"A2": "000000000"},
    )
    first, second = read(tmp_path, data)

    assert (first.external_id, first.price, first.floor, first.description) == ("000110548", 5_000_000, None, "=1+1")
    assert [photo.url for photo in first.photos] == ["https://a.example/1.jpg"]
    assert [(guess.field, guess.read) for guess in first.guesses] == [("floor", "2026-05-02")]
    assert [(fault.field, fault.read) for fault in second.faults] == [("price", "=B2*2")]


def test_a_table_that_ends_within_a_row_is_reported(tmp_path):
    *_, last = read(tmp_path, (RUSSIAN + "\n" + HOME + "\n" + HOME.replace("007", "008"))[:-60].encode())

    assert (last.line, last.faults[0].field) == (3, "row") and last.faults[0].reason == "import.shorter"


def test_a_compressed_feed_that_is_damaged_or_a_bomb_is_one_clear_error(tmp_path, monkeypatch):
    packed = gzip.compress((RUSSIAN + "\n" + HOME * 10_000).encode())
    with pytest.raises(FeedError, match="feed.packed_damaged"):
        read(tmp_path, packed[:-30])
    monkeypatch.setattr("models.sources.formats.feed.LARGEST_UNPACKED", 100_000)
    with pytest.raises(FeedError, match="feed.unpacks_too_large"):
        read(tmp_path, packed)


def test_a_compressed_feed_is_unpacked(tmp_path):
    [found] = read(tmp_path, gzip.compress((RUSSIAN + "\n" + HOME).encode("cp1251")))

    check(found)
