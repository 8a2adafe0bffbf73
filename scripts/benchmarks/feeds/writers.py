"""A table of listings (columns as for `leadmatch import`, in English) written as a feed of each format."""

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook

Row = dict[str, str]

#: Our column -> its header in a Russian agency's spreadsheet.
RUSSIAN = {
    "id": "ID объявления",
    "deal": "Тип сделки",
    "city": "Город",
    "okrug": "Округ",
    "district": "Район",
    "metro": "Метро",
    "metro_min": "Минут до метро",
    "metro_walk": "metro_walk",
    "street": "Улица",
    "house": "Дом",
    "rooms": "Комнат",
    "area": "Общая площадь, м²",
    "living_area": "Жилая площадь, м²",
    "kitchen_area": "Площадь кухни, м²",
    "floor": "Этаж",
    "floors_total": "Этажность",
    "year_built": "Год постройки",
    "market": "Тип рынка",
    "is_apartments": "Апартаменты",
    "house_type": "Материал стен",
    "ceiling_m": "Высота потолков",
    "wc": "Санузел",
    "declared_class": "Класс жилья",
    "price": "Цена, руб.",
}


def read_table(path: Path) -> Iterator[Row]:
    """The rows of the table."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def write_yrl(path: Path, rows: Iterable[Row]) -> None:
    """YRL."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<realty-feed xmlns="http://webmaster.yandex.ru/schemas/feed/realty/2010-06">\n'
    _write_xml(path, head, "</realty-feed>\n", _yrl_offer, rows)


def write_cian(path: Path, rows: Iterable[Row]) -> None:
    """CIAN, version 2."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<feed><feed_version>2</feed_version>\n'
    _write_xml(path, head, "</feed>\n", _cian_object, rows)


def write_avito(path: Path, rows: Iterable[Row]) -> None:
    """Avito's autoload, formatVersion 3."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<Ads formatVersion="3" target="Avito.ru">\n'
    _write_xml(path, head, "</Ads>\n", _avito_ad, rows)


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """CSV in Windows-1251 with semicolons and Russian headers, as spreadsheets save it."""
    with path.open("w", encoding="cp1251", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([name.replace("²", "2") for name in RUSSIAN.values()])
        writer.writerows([row[name] for name in RUSSIAN] for row in rows)


def write_xlsx(path: Path, rows: Iterable[Row]) -> None:
    """A workbook with a title above the header, its numbers as numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Объекты")
    sheet.append(["Объекты в продаже"])
    sheet.append(list(RUSSIAN.values()))
    numbers = {
        "area",
        "living_area",
        "kitchen_area",
        "floor",
        "floors_total",
        "year_built",
        "price",
        "rooms",
        "metro_min",
    }
    for row in rows:
        sheet.append([float(row[name]) if name in numbers and row[name] else row[name] or None for name in RUSSIAN])
    book.save(path)


WRITERS: dict[str, Callable[[Path, Iterable[Row]], None]] = {
    "yrl": write_yrl,
    "cian": write_cian,
    "avito": write_avito,
    "csv": write_csv,
    "xlsx": write_xlsx,
}


def _write_xml(path: Path, head: str, tail: str, record: Callable[[Row], str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        for _, row in zip(count(), rows, strict=False):
            file.write(record(row))
        file.write(tail)


def _tag(name: str, value: str | None) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""


def _value(name: str, value: str) -> str:
    return f"<{name}><value>{value}</value><unit>кв. м</unit></{name}>" if value else ""


def _address(row: Row) -> str:
    return ", ".join(filter(None, (row["street"], row["house"])))


def _yrl_offer(row: Row) -> str:
    minutes = _tag("time-on-foot" if row["metro_walk"] == "1" else "time-on-transport", row["metro_min"])
    metro = f"<metro>{_tag('name', row['metro'])}{minutes}</metro>" if row["metro"] else ""
    studio = row["rooms"] == "0"
    return (
        f'<offer internal-id="{row["id"]}"><type>продажа</type><property-type>жилая</property-type>'
        f"<category>квартира</category>{_tag('apartments', 'да' if row['is_apartments'] == '1' else '')}"
        f"<location><country>Россия</country>{_tag('locality-name', row['city'])}"
        f"{_tag('sub-locality-name', row['district'])}{_tag('address', _address(row))}{metro}</location>"
        f"<price><value>{row['price']}</value><currency>RUR</currency></price>"
        f"{_value('area', row['area'])}{_value('living-space', row['living_area'])}"
        f"{_value('kitchen-space', row['kitchen_area'])}"
        f"{'<studio>1</studio>' if studio else _tag('rooms', row['rooms']) or '<studio>0</studio>'}"
        f"{_tag('floor', row['floor'])}{_tag('floors-total', row['floors_total'])}"
        f"{_tag('built-year', row['year_built'])}"
        f"{_tag('building-type', row['house_type'])}{_tag('bathroom-unit', row['wc'])}"
        f"{_tag('ceiling-height', row['ceiling_m'])}{_tag('building-class', row['declared_class'])}"
        f"{_tag('new-flat', {'new': '1', 'resale': '0'}.get(row['market']))}</offer>\n"
    )


def _cian_object(row: Row) -> str:
    rooms = {"0": "9"}.get(row["rooms"], row["rooms"])
    way = "walk" if row["metro_walk"] == "1" else "transport"
    metro = (
        f"<Undergrounds><UndergroundInfoSchema>{_tag('Name', row['metro'])}{_tag('Time', row['metro_min'])}"
        f"<TransportType>{way}</TransportType></UndergroundInfoSchema></Undergrounds>"
        if row["metro"]
        else ""
    )
    return (
        f"<object>{_tag('ExternalId', row['id'])}"
        f"<Category>{'newBuildingFlatSale' if row['market'] == 'new' else 'flatSale'}</Category>"
        f"{_tag('IsApartments', 'true' if row['is_apartments'] == '1' else '')}"
        f"{_tag('City', row['city'])}{_tag('District', row['district'])}{_tag('Address', _address(row))}{metro}"
        f"{_tag('TotalArea', row['area'])}{_tag('LivingArea', row['living_area'])}"
        f"{_tag('KitchenArea', row['kitchen_area'])}"
        f"{_tag('FloorNumber', row['floor'])}{_tag('FlatRoomsCount', rooms) or '<RoomType></RoomType>'}"
        f"<Building>{_tag('FloorsCount', row['floors_total'])}{_tag('BuildYear', row['year_built'])}"
        f"{_tag('MaterialType', row['house_type'])}{_tag('CeilingHeight', row['ceiling_m'])}"
        f"{_tag('Class', row['declared_class'])}</Building>"
        f"<BargainTerms>{_tag('Price', row['price'])}<Currency>rur</Currency></BargainTerms></object>\n"
    )


def _avito_ad(row: Row) -> str:
    return (
        f"<Ad>{_tag('Id', row['id'])}<Category>Квартиры</Category><OperationType>Продам</OperationType>"
        f"{_tag('MarketType', {'new': 'Новостройка', 'resale': 'Вторичка'}.get(row['market']))}"
        f"{_tag('Status', 'Апартаменты' if row['is_apartments'] == '1' else 'Квартира')}"
        f"{_tag('City', row['city'])}{_tag('District', row['district'])}{_tag('Subway', row['metro'])}"
        f"{_tag('Address', _address(row))}{_tag('Price', row['price'])}"
        f"{_tag('Rooms', 'Студия' if row['rooms'] == '0' else row['rooms'])}{_tag('Square', row['area'])}"
        f"{_tag('LivingSpace', row['living_area'])}{_tag('KitchenSpace', row['kitchen_area'])}"
        f"{_tag('Floor', row['floor'])}{_tag('Floors', row['floors_total'])}{_tag('BuiltYear', row['year_built'])}"
        f"{_tag('HouseType', row['house_type'])}{_tag('CeilingHeight', row['ceiling_m'])}"
        f"{_tag('Class', row['declared_class'])}</Ad>\n"
    )
