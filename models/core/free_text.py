"""Words that people use for the domain's codes, in Russian and English, and the code of each.

The portal's forms are free text ("хочу купить", "квартира", "рубли"). Their words are converted to canonical codes;
callers store the original word beside the code. If a table has to contain a word and does not, the word is refused and
the error names it.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from models.core.currencies import read_currency
from models.core.enums import Condition, DealType, PaymentMethod, PropertyType
from models.core.errors import InvalidValueError
from models.core.numbers import UnreadableError
from models.core.payment import read_payment
from models.core.rooms import read_rooms

Code = TypeVar("Code")
Read = TypeVar("Read")

DEAL_TYPES: Mapping[str, DealType] = {
    **dict.fromkeys(
        ("sale", "sell", "buy", "purchase", "for sale", "продажа", "продать", "продаю", "продам", "покупка", "купить",
         "куплю", "хочу купить", "хочу продать", "want to buy", "want to sell"),
        DealType.SALE,
    ),
    **dict.fromkeys(
        ("rent", "lease", "for rent", "to rent", "rental", "long term rent", "аренда", "арендовать", "арендую", "снять",
         "сниму", "сдать", "сдам", "сдаю", "сдача", "хочу арендовать", "хочу снять", "хочу сдать",
         "долгосрочная аренда",
         "want to rent"),
        DealType.RENT,
    ),
}  # fmt: skip

PROPERTY_TYPES: Mapping[str, PropertyType] = {
    **dict.fromkeys(
        ("apartment", "flat", "condo", "condominium", "studio", "penthouse", "loft", "duplex", "квартира", "квартиру",
         "студия", "квартира студия", "пентхаус", "лофт", "дуплекс", "новостройка"),
        PropertyType.APARTMENT,
    ),
    **dict.fromkeys(("apartments", "serviced apartment", "serviced apartments", "апартаменты", "апартамент"),
                    PropertyType.APARTMENTS),
    **dict.fromkeys(("house", "villa", "cottage", "mansion", "дом", "частный дом", "коттедж", "вилла", "дача",
                     "особняк"), PropertyType.HOUSE),
    **dict.fromkeys(("townhouse", "town house", "таунхаус", "таун хаус"), PropertyType.TOWNHOUSE),
    **dict.fromkeys(("room", "комната", "комнату"), PropertyType.ROOM),
    **dict.fromkeys(
        ("commercial", "commercial property", "office", "shop", "retail", "warehouse", "коммерческая",
         "коммерческая недвижимость", "коммерция", "офис", "магазин", "склад", "торговое помещение",
         "коммерческое помещение", "нежилое помещение", "помещение"),
        PropertyType.COMMERCIAL,
    ),
}  # fmt: skip

#: Subtypes that are more specific than the type; any other subtype is kept as text and has no effect.
SUBTYPES: Mapping[str, PropertyType] = {
    word: code for word, code in PROPERTY_TYPES.items() if code in (PropertyType.APARTMENTS, PropertyType.TOWNHOUSE)
}

#: The state of the interior. "New" and "resale" are not here, because they state the market and not the interior.
CONDITIONS: Mapping[str, Condition] = {
    **dict.fromkeys(("rough", "shell", "shell and core", "unfinished", "without finishing", "черновая",
                     "черновая отделка", "без отделки", "без ремонта", "черновой"), Condition.ROUGH),
    **dict.fromkeys(("pre finishing", "prefinishing", "white box", "whitebox", "предчистовая",
                     "предчистовая отделка", "вайт бокс", "под чистовую"), Condition.PRE_FINISHING),
    **dict.fromkeys(
        ("finishing", "finished", "renovated", "good", "turnkey", "чистовая", "чистовая отделка", "с отделкой",
         "с ремонтом", "ремонт", "косметический", "косметический ремонт", "евро", "евроремонт", "хорошее",
         "хороший ремонт", "под ключ", "свежий ремонт"),
        Condition.FINISHING,
    ),
    **dict.fromkeys(("design", "designer", "designer renovation", "дизайнерский", "дизайнерский ремонт", "дизайн",
                     "авторский дизайн"), Condition.DESIGN),
}  # fmt: skip

_STUDIO = re.compile(r"студи|studio", re.IGNORECASE)


def normal(word: str) -> str:
    """
    A word in the form of the tables: lower case, one space between words, no full stop at the end.

    >>> normal("  Хочу   КУПИТЬ. "), normal("white-box")
    ('хочу купить', 'white box')
    """
    return re.sub(r"[\s_\-]+", " ", word).strip(" .").casefold().replace("ё", "е")


def deal_type_of(word: str, field: str = "deal_format") -> DealType:
    """
    >>> deal_type_of("хочу арендовать")
    <DealType.RENT: 'RENT'>
    """
    return _known(DEAL_TYPES, word, field, "sale, rent, хочу купить, хочу арендовать")


def property_type_of(word: str, subtype: str | None = None, field: str = "type") -> PropertyType:
    """
    The type given by a type and its subtype together: a subtype may state that a flat is in an apartment hotel.

    >>> property_type_of("квартира", "апартаменты"), property_type_of("apartment", "studio")
    (<PropertyType.APARTMENTS: 'APARTMENTS'>, <PropertyType.APARTMENT: 'APARTMENT'>)
    """
    value = _known(PROPERTY_TYPES, word, field, "apartment, house, townhouse, room, commercial, квартира, дом, ...")
    finer = SUBTYPES.get(normal(subtype or ""))
    same_kind = {
        PropertyType.APARTMENTS: PropertyType.APARTMENT,
        PropertyType.TOWNHOUSE: PropertyType.HOUSE,
    }
    return finer if finer is not None and same_kind[finer] is value else value


def condition_of(word: str | None) -> Condition | None:
    """The state of the interior, if the word states it; "новая" does not.

    >>> condition_of("с ремонтом"), condition_of("новая")
    (<Condition.FINISHING: 'FINISHING'>, None)
    """
    return CONDITIONS.get(normal(word or ""))


def payment_method_of(word: str | None, field: str = "purchase_method") -> PaymentMethod | None:
    """
    The only method of payment that a phrase admits; None if it admits several or none that is known.

    >>> payment_method_of("в ипотеку"), payment_method_of("в рассрочку"), payment_method_of("наличные или ипотека")
    (<PaymentMethod.MORTGAGE: 'MORTGAGE'>, None, None)
    """
    methods = _readable(read_payment, word or "", field)
    return next(iter(methods)) if len(methods) == 1 else None


def currency_of(word: str | None, field: str = "currency") -> str | None:
    """
    The ISO 4217 code of a currency; None if none is named.

    >>> currency_of("рубли"), currency_of("usd"), currency_of("тенге"), currency_of(" ")
    ('RUB', 'USD', 'KZT', None)
    """
    return _readable(read_currency, word, field) if word and word.strip() else None


def is_studio(word: str | None) -> bool:
    """Whether a type, subtype or number of rooms means a studio."""
    return bool(word and _STUDIO.search(word))


def rooms_of(word: str | None, field: str = "total_rooms") -> list[int]:
    """
    The numbers of rooms that a phrase admits; 0 is a studio, and an empty list means any number.

    >>> rooms_of("студия"), rooms_of("не более 2"), rooms_of("любое"), rooms_of(None)
    ([0], [0, 1, 2], [], [])
    """
    return _readable(read_rooms, word or "", field)


def _readable(read: Callable[[str], Read], text: str, field: str) -> Read:
    try:
        return read(text)
    except UnreadableError as error:
        raise error.at(field) from None


def _known(table: Mapping[str, Code], word: str, field: str, examples: str) -> Code:
    value = table.get(normal(word))
    if value is None:
        raise InvalidValueError(field, "value.unknown_word", examples=examples)
    return value
