"""Words that people use for the domain's codes, in Russian and in English, and the code that each means.

The portal's forms are free text ("хочу купить", "квартира", "рубли"). What is said here becomes a canonical code; the
original word is kept beside it by whoever stores it. A word that a table must know and does not is refused by name.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

from models.core.enums import Condition, DealType, PaymentMethod, PropertyType
from models.core.errors import InvalidValueError

Code = TypeVar("Code")

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

#: Subtypes that say more than the type does; any other subtype is kept as text and changes nothing.
SUBTYPES: Mapping[str, PropertyType] = {
    word: code for word, code in PROPERTY_TYPES.items() if code in (PropertyType.APARTMENTS, PropertyType.TOWNHOUSE)
}

#: How far a place is finished. "New" and "resale" say which market it is on, not how it is finished, and are not here.
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

PAYMENT_METHODS: Mapping[str, PaymentMethod] = {
    **dict.fromkeys(("cash", "full payment", "наличные", "наличными", "за наличные", "сразу", "полная оплата",
                     "100% оплата"), PaymentMethod.CASH),
    **dict.fromkeys(("mortgage", "with a mortgage", "ипотека", "в ипотеку", "ипотекой"), PaymentMethod.MORTGAGE),
    **dict.fromkeys(("exchange", "trade in", "обмен", "на обмен", "трейд ин", "в обмен"), PaymentMethod.EXCHANGE),
}  # fmt: skip

#: ISO 4217 codes by what people call the money.
CURRENCIES: Mapping[str, str] = {
    **dict.fromkeys(
        ("рубль", "рубли", "рублей", "руб", "р", "₽", "rubles", "roubles", "ruble", "rouble", "rur"), "RUB"
    ),
    **dict.fromkeys(("тенге", "тг", "₸", "tenge"), "KZT"),
    **dict.fromkeys(("доллар", "доллары", "долларов", "доллары сша", "$", "dollar", "dollars", "us dollars"), "USD"),
    **dict.fromkeys(("евро", "€", "euro", "euros"), "EUR"),
    **dict.fromkeys(("дирхам", "дирхамы", "dirham", "dirhams"), "AED"),
    **dict.fromkeys(("юань", "юани", "¥", "yuan"), "CNY"),
    **dict.fromkeys(("лира", "лиры", "₺", "lira"), "TRY"),
    **dict.fromkeys(("фунт", "фунты", "£", "pound", "pounds"), "GBP"),
    **dict.fromkeys(("сум", "сумы", "sum", "soum"), "UZS"),
    **dict.fromkeys(("белорусские рубли", "белорусский рубль"), "BYN"),
    **dict.fromkeys(("лари", "₾", "lari"), "GEL"),
    **dict.fromkeys(("драм", "драмы", "dram"), "AMD"),
    **dict.fromkeys(("манат", "манаты", "manat"), "AZN"),
    **dict.fromkeys(("сом", "сомы", "som"), "KGS"),
    **dict.fromkeys(("баты", "бат", "baht"), "THB"),
}

#: Codes of ISO 4217 that a sender may write as they are.
ISO_CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY
    TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()
)

_STUDIO = re.compile(r"студи|studio", re.IGNORECASE)
_OPEN = re.compile(r"\+|более|больше|or more|и выше|и больше|от\s", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|—|до|to)\s*(\d+)")
_ANY = ("", "любое", "любая", "любой", "неважно", "не важно", "any", "свободная планировка", "open plan")
#: Where "3 and more" and lists end: beyond this nobody tells flats apart by rooms.
MOST_ROOMS_NAMED = 10


def normal(word: str) -> str:
    """
    A word as the tables hold it: lower case, one space between words, no full stop at the end.

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
    The type that a type and its subtype mean together: a subtype may say that a flat is in an apartment hotel.

    >>> property_type_of("квартира", "апартаменты"), property_type_of("apartment", "studio")
    (<PropertyType.APARTMENTS: 'APARTMENTS'>, <PropertyType.APARTMENT: 'APARTMENT'>)
    """
    found = _known(PROPERTY_TYPES, word, field, "apartment, house, townhouse, room, commercial, квартира, дом, ...")
    finer = SUBTYPES.get(normal(subtype or ""))
    same_kind = {
        PropertyType.APARTMENTS: PropertyType.APARTMENT,
        PropertyType.TOWNHOUSE: PropertyType.HOUSE,
    }
    return finer if finer is not None and same_kind[finer] is found else found


def condition_of(word: str | None) -> Condition | None:
    """How far a place is finished, if the word says so: "новая" does not.

    >>> condition_of("с ремонтом"), condition_of("новая")
    (<Condition.FINISHING: 'FINISHING'>, None)
    """
    return CONDITIONS.get(normal(word or ""))


def payment_method_of(word: str | None) -> PaymentMethod | None:
    """
    >>> payment_method_of("в ипотеку"), payment_method_of("в рассрочку")
    (<PaymentMethod.MORTGAGE: 'MORTGAGE'>, None)
    """
    return PAYMENT_METHODS.get(normal(word or ""))


def currency_of(word: str | None, field: str = "currency") -> str | None:
    """
    The ISO 4217 code of a currency; None where none is named.

    >>> currency_of("рубли"), currency_of("usd"), currency_of("тенге")
    ('RUB', 'USD', 'KZT')
    """
    if word is None or not word.strip():
        return None
    code = word.strip().upper()
    if code in ISO_CURRENCIES:
        return code
    return _known(CURRENCIES, word, field, "RUB, KZT, USD, EUR, рубли, тенге, доллары, евро")


def is_studio(word: str | None) -> bool:
    """Whether a type, subtype or number of rooms says "studio"."""
    return bool(word and _STUDIO.search(word))


def rooms_of(word: str | None, field: str = "total_rooms") -> list[int]:
    """
    The numbers of rooms that a phrase admits, a studio being 0; an empty list leaves them open.

    >>> rooms_of("студия"), rooms_of("2"), rooms_of("1-3"), rooms_of("студия, 1")
    ([0], [2], [1, 2, 3], [0, 1])
    >>> rooms_of("4+")[:3], rooms_of("любое")
    ([4, 5, 6], [])
    """
    text = (word or "").strip().casefold()
    if text in _ANY:
        return []
    rooms = {0} if is_studio(text) else set()
    numbers = [int(number) for number in re.findall(r"\d{1,3}", text)]
    if any(number > MOST_ROOMS_NAMED * MOST_ROOMS_NAMED for number in numbers):
        raise InvalidValueError(field, "There are no places with so many rooms.")
    span = _RANGE.search(text)
    if span and int(span[1]) <= int(span[2]):
        rooms.update(range(int(span[1]), int(span[2]) + 1))
    elif numbers and _OPEN.search(text):
        rooms.update(range(numbers[-1], max(numbers[-1], MOST_ROOMS_NAMED) + 1))
    rooms.update(numbers)
    if not rooms:
        raise InvalidValueError(field, "Say a number of rooms, as in: студия, 1, 2, 1-3, 4+.")
    return sorted(rooms)


def _known(table: Mapping[str, Code], word: str, field: str, examples: str) -> Code:
    found = table.get(normal(word))
    if found is None:
        raise InvalidValueError(field, f"Unknown word; use one of: {examples}.")
    return found
