"""Small generated feeds in each dialect; tests change single tags of them."""

import io
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from models.sources.formats.feed import Feed, open_feed
from models.sources.formats.offer import Offer

NAMESPACE = ' xmlns="http://webmaster.yandex.ru/schemas/feed/realty/2010-06"'


def yrl_offer(identity: str | None = "a-1", **changes: str | None) -> str:
    """An `<offer>`; changes name tags, with underscores for hyphens; None omits the tag, and `more` is added."""
    tags: dict[str, str | None] = {
        "type": "продажа",
        "property-type": "жилая",
        "category": "квартира",
        "creation-date": "2026-01-31T12:00:00+03:00",
        "location": "<country>Россия</country><region>Москва</region><locality-name>Москва</locality-name>"
        "<sub-locality-name>Хамовники</sub-locality-name><address>улица Льва Толстого, 16</address>"
        "<latitude>55.7339</latitude><longitude>37.5885</longitude>"
        "<metro><name>Парк культуры</name><time-on-foot>9</time-on-foot></metro>",
        "sales-agent": "<phone>+74951234567</phone><category>агентство</category>",
        "price": "<value>21500000</value><currency>RUR</currency>",
        "area": "<value>54.3</value><unit>кв. м</unit>",
        "living-space": "<value>31,5</value><unit>кв. м</unit>",
        "kitchen-space": "<value>11</value><unit>кв. м</unit>",
        "rooms": "2",
        "floor": "5",
        "floors-total": "9",
        "description": "Светлая квартира окнами в тихий двор.",
    }
    more = changes.pop("more", "") or ""
    tags |= {name.replace("_", "-"): value for name, value in changes.items()}
    body = "".join(f"<{name}>{value}</{name}>" for name, value in tags.items() if value is not None)
    mark = "" if identity is None else f' internal-id="{identity}"'
    return f"<offer{mark}>{body}{more}</offer>"


def yrl(*offers: str, root: str = "realty-feed" + NAMESPACE) -> bytes:
    name = root.split()[0]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n'
        "<generation-date>2026-01-31T12:00:00+03:00</generation-date>\n" + "\n".join(offers) + f"\n</{name}>\n"
    ).encode()


def cian_object(identity: str | None = "c-1", **changes: str | None) -> str:
    """An `<object>` of CIAN's feed; changes as of :func:`yrl_offer`, by the tags' own names."""
    tags: dict[str, str | None] = {
        "ExternalId": identity,
        "Category": "flatSale",
        "Address": "Москва, улица Усачёва, 11",
        "Coordinates": "<Lat>55.7267</Lat><Lng>37.5673</Lng>",
        "Phones": "<PhoneSchema><CountryCode>+7</CountryCode><Number>4951234567</Number></PhoneSchema>",
        "TotalArea": "61.4",
        "LivingArea": "38",
        "KitchenArea": "10",
        "FloorNumber": "3",
        "FlatRoomsCount": "2",
        "Building": "<FloorsCount>12</FloorsCount><BuildYear>2009</BuildYear><MaterialType>monolithBrick</MaterialType>"
        "<PassengerLiftsCount>2</PassengerLiftsCount>",
        "BargainTerms": "<Price>27900000</Price><Currency>rur</Currency><MortgageAllowed>true</MortgageAllowed>"
        "<SaleType>free</SaleType>",
        "Description": "Двухкомнатная квартира с видом на парк.",
    }
    more = changes.pop("more", "") or ""
    tags |= changes
    return (
        "<object>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in tags.items() if value is not None)
        + more
        + "</object>"
    )


def cian(*objects: str, root: str = "feed") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{root}><feed_version>2</feed_version>'
        + "".join(objects)
        + f"</{root}>"
    ).encode()


def avito_ad(identity: str | None = "v-1", **changes: str | None) -> str:
    """An `<Ad>`; changes as of :func:`cian_object`."""
    tags: dict[str, str | None] = {
        "Id": identity,
        "Category": "Квартиры",
        "OperationType": "Продам",
        "MarketType": "Вторичка",
        "Address": "Москва, Погодинская улица, 8",
        "Price": "19800000",
        "Rooms": "1",
        "Square": "42,5",
        "KitchenSpace": "9.5",
        "Floor": "4",
        "Floors": "14",
        "HouseType": "Монолитно-кирпичный",
        "Renovation": "Евро",
        "Status": "Квартира",
        "PropertyRights": "Посредник",
        "DealType": "Прямая продажа",
        "SaleOptions": "<Option>Можно в ипотеку</Option>",
        "Images": '<Image url="https://img.example/1.jpg"/><Image url="https://img.example/2.jpg"/>',
        "Description": "<![CDATA[<p>Тихий двор</p><br/>Рядом парк]]>",
        "ContactPhone": "+74951234567",
    }
    more = changes.pop("more", "") or ""
    tags |= changes
    return (
        "<Ad>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in tags.items() if value is not None)
        + more
        + "</Ad>"
    )


def avito(*ads: str, root: str = 'Ads formatVersion="3" target="Avito.ru"') -> bytes:
    return (f'<?xml version="1.0" encoding="UTF-8"?><{root}>' + "".join(ads) + f"</{root.split()[0]}>").encode()


def xlsx(*rows: list[Any], merged: str = "", formats: dict[str, str] | None = None) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    found = io.BytesIO()
    book.save(found)
    return found.getvalue()


def feed_of(folder: Path, data: bytes, name: str = "feed", **options: Any) -> Feed:
    path = folder / name
    path.write_bytes(data)
    return open_feed(path, **options)


def read(folder: Path, data: bytes, **options: Any) -> list[Offer]:
    """The offers of a file."""
    return list(feed_of(folder, data, **options).offers())
