"""Invented rents as a feed in Yandex.Realty's format (YRL), to test the whole path from file to list."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from scripts.benchmarks.evaluate.rents import Rent

_NAMESPACE = "http://webmaster.yandex.ru/schemas/feed/realty/2010-06"
_WRITTEN = "2026-01-31T12:00:00+03:00"
_WALLS = {"brick": "кирпичный", "monolith": "монолит", "panel": "панельный", "block": "блочный"}
_RENOVATION = {"cosmetic": "косметический", "euro": "евро", "design": "дизайнерский"}
_FLAGS = {
    "lift": "lift",
    "pets": "with-pets",
    "children": "with-children",
    "furnished": "room-furniture",
    "washing_machine": "washing-machine",
    "dishwasher": "dishwasher",
    "fridge": "refrigerator",
    "air_conditioner": "air-conditioner",
    "internet": "internet",
    "tv": "television",
}
_NUMBERS = {
    "floor": "floor",
    "house_floors": "floors-total",
    "year_built": "built-year",
    "ceiling_height": "ceiling-height",
    "commission": "agent-fee",
}


def feed_of(rents: Iterable[Rent]) -> bytes:
    """The feed, UTF-8 with its XML declaration. Facts of `in_fields` are in elements, the rest in the words."""
    root = Element("realty-feed", xmlns=_NAMESPACE)
    SubElement(root, "generation-date").text = _WRITTEN
    for rent in rents:
        _offer(root, rent)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _offer(root: Element, rent: Rent) -> None:
    offer = SubElement(root, "offer", {"internal-id": rent.id})
    fields = rent.in_fields
    _write(offer, {"type": "аренда", "property-type": "жилая", "category": "квартира", "creation-date": _WRITTEN})
    location = SubElement(offer, "location")
    _write(location, {"country": "Россия", "locality-name": "Москва", "sub-locality-name": rent.district})
    _write(location, {"address": rent.address, "latitude": rent.latitude, "longitude": rent.longitude})
    metro = SubElement(location, "metro")
    _write(metro, {"name": rent.metro, "time-on-foot": _number(fields.get("metro_walk"))})
    agent = SubElement(offer, "sales-agent")
    _write(agent, {"phone": "+74950000000", "category": "агентство"})
    price = SubElement(offer, "price")
    _write(price, {"value": rent.price, "currency": "RUR", "period": "месяц"})
    if "utilities_included" in fields:
        _write(offer, {"utilities-included": _flag(fields["utilities_included"])})
    _area(offer, "area", rent.area)
    _area(offer, "kitchen-space", fields.get("kitchen_area"))
    _write(offer, {"studio": "1"} if rent.rooms == 0 else {"rooms": rent.rooms})
    _write(offer, {element: _number(fields.get(kind)) for kind, element in _NUMBERS.items()})
    _write(offer, {element: _flag(fields[kind]) for kind, element in _FLAGS.items() if kind in fields})
    _write(offer, _words(fields))
    _write(offer, {"description": rent.text})


def _words(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The elements with words."""
    view = " и ".join(
        {"yard": "во двор", "street": "на улицу"}.get(view_kind, "") for view_kind in fields.get("window_view", ())
    )
    return {
        "building-type": _WALLS.get(next(iter(fields.get("material", ())), "")),
        "bathroom-unit": {"separate": "раздельный", "combined": "совмещенный"}.get(fields.get("bathroom", "")),
        "balcony": "балкон" if fields.get("balcony") else None,
        "rooms-type": {"isolated": "раздельные", "adjoining": "смежные"}.get(fields.get("rooms_layout", "")),
        "renovation": _RENOVATION.get(fields.get("renovation", "")),
        "window-view": view if view in ("во двор", "на улицу") else None,
    }


def _write(parent: Element, values: Mapping[str, Any]) -> None:
    """One element for each known value."""
    for name, value in values.items():
        if value is not None:
            SubElement(parent, name).text = str(value)


def _area(offer: Element, name: str, value: float | None) -> None:
    if value is not None:
        _write(SubElement(offer, name), {"value": _number(value), "unit": "кв. м"})


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _flag(value: bool) -> str:
    return "да" if value else "нет"
