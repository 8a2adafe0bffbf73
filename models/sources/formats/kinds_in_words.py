"""Kinds of offers in several words: «2-комн. квартира», «комната в общежитии», «садовый участок»."""

import re

from models.core.enums import PropertyType
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.sources.formats.vocabulary import NO_GARAGE, NO_LAND, SHARE, fold

#: Beginnings of words -> their meaning. The first word in a text with one of these beginnings decides.
_KINDS: tuple[tuple[str, PropertyType | str], ...] = (
    (r"квартир|студи|пентхаус|вторич|новостройк|первичк|кв\b|(?:[1-9]|одно|двух|трех|четырех|пяти)к?\W*ко?м", "flat"),
    (r"апарт", PropertyType.APARTMENTS),
    (r"комнат[аыуе]\b|койк", PropertyType.ROOM),
    (r"таун|дуплекс|блокирован", PropertyType.TOWNHOUSE),
    (r"дом\b|дома\b|коттедж|дач[аиу]\b|вилл", PropertyType.HOUSE),
    (r"офис|склад|магазин|псн|торгов|нежил|коммерч|здани|производств", PropertyType.COMMERCIAL),
    (r"участ|земл|сад\b|снт\b", NO_LAND),
    (r"гараж|машин|парков|паркинг|кладов|бокс", NO_GARAGE),
    (r"дол[яи]\b", SHARE),
)
_FIRST = re.compile("|".join(rf"(?P<k{index}>\b(?:{words}))" for index, (words, _) in enumerate(_KINDS)))


def kind_in(text: str) -> PropertyType | str | None:
    """
    The type that a text names, a code of the reason for refusing it, or :data:`SHARE`; None if no word is known.

    >>> kind_in("2-комн. квартира"), kind_in("Комната в общежитии"), kind_in("Садовый участок"), kind_in("Яхта")
    (<PropertyType.APARTMENT: 'APARTMENT'>, <PropertyType.ROOM: 'ROOM'>, 'import.land', None)
    """
    first = _FIRST.search(fold(text)[:200])
    if first is None:
        return None
    kind = _KINDS[int((first.lastgroup or "k0")[1:])][1]
    return PropertyType.APARTMENT if kind == "flat" else kind


def rooms_in(text: str | None) -> str | None:
    """
    The number of rooms in the words of a kind, if they state a single one.

    >>> rooms_in("3-к. кв."), rooms_in("квартира-студия"), rooms_in("квартира")
    ('3', '0', None)
    """
    try:
        rooms = read_rooms(text) if text else []
    except UnreadableError:
        return None
    return str(rooms[0]) if len(rooms) == 1 else None


def market_in(text: str | None) -> str | None:
    """ "new" or "resale" if the words of a kind state it."""
    words = fold(text or "")
    return "resale" if "вторич" in words else "new" if "новострой" in words or "первичк" in words else None
