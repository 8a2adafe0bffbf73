"""Wishes and facts as people say them, in the language of the page: «не первый этаж», «кухня от 9 м²»."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from api.console import english_wish_words as english
from api.console.i18n import language
from matching.reading.kinds import KIND_OF

#: Of a flag: wanted or told, and refused or denied.
_FLAGS: Mapping[str, tuple[str, str]] = {
    "first_floor": ("первый этаж", "не первый этаж"),
    "last_floor": ("последний этаж", "не последний этаж"),
    "euro_layout": ("европланировка", "не европланировка"),
    "studio": ("студия", "не студия"),
    "free_plan": ("свободная планировка", "без свободной планировки"),
    "kitchen_living_room": ("кухня-гостиная", "отдельная кухня"),
    "balcony": ("балкон или лоджия", "без балкона"),
    "walk_in_closet": ("гардеробная", "без гардеробной"),
    "two_sided": ("окна на две стороны", "окна на одну сторону"),
    "corner_flat": ("угловая квартира", "не угловая"),
    "replanned": ("есть перепланировка", "без перепланировки"),
    "new_building": ("новостройка", "вторичка"),
    "handed_over": ("дом сдан", "дом не сдан"),
    "lift": ("лифт", "без лифта"),
    "cargo_lift": ("грузовой лифт", "без грузового лифта"),
    "rubbish_chute": ("мусоропровод", "без мусоропровода"),
    "guarded": ("охрана", "без охраны"),
    "closed_yard": ("закрытый двор", "двор не закрыт"),
    "concierge": ("консьерж", "без консьержа"),
    "storage": ("кладовая", "без кладовой"),
    "quiet": ("тихо", "шумно"),
    "school": ("школа рядом", "школы рядом нет"),
    "kindergarten": ("детский сад рядом", "детского сада рядом нет"),
    "park": ("парк рядом", "парка рядом нет"),
    "shop": ("магазины рядом", "магазинов рядом нет"),
    "gym": ("спорт рядом", "спорта рядом нет"),
    "pets": ("можно с животными", "без животных"),
    "cats": ("можно с кошкой", "без кошек"),
    "dogs": ("можно с собакой", "без собак"),
    "children": ("можно с детьми", "без детей"),
    "couples": ("можно паре или семье", "не для пары"),
    "students": ("можно студентам", "без студентов"),
    "smoking": ("можно курить", "не курить"),
    "furnished": ("с мебелью", "без мебели"),
    "appliances": ("с техникой", "без техники"),
    "fridge": ("холодильник", "без холодильника"),
    "washing_machine": ("стиральная машина", "без стиральной машины"),
    "dishwasher": ("посудомоечная машина", "без посудомоечной машины"),
    "air_conditioner": ("кондиционер", "без кондиционера"),
    "internet": ("интернет", "без интернета"),
    "tv": ("телевизор", "без телевизора"),
    "mortgage": ("ипотека", "без ипотеки"),
    "subsidised_mortgage": ("льготная ипотека", "без льготной ипотеки"),
    "military_mortgage": ("военная ипотека", "без военной ипотеки"),
    "maternity_capital": ("материнский капитал", "без материнского капитала"),
    "exchange": ("обмен", "без обмена"),
    "instalments": ("рассрочка", "без рассрочки"),
    "free_sale": ("свободная продажа", "альтернатива"),
    "one_owner": ("один взрослый собственник", "несколько собственников"),
    "encumbrance": ("есть обременение", "без обременений"),
    "minors_registered": ("прописаны дети", "дети не прописаны"),
    "registration": ("с пропиской", "без прописки"),
    "share": ("доля", "не доля"),
    "room": ("комната", "целая квартира"),
    "auction": ("с торгов", "не с торгов"),
    "from_owner": ("от собственника", "через агента"),
    "utilities_included": ("коммунальные включены", "коммунальные отдельно"),
    "apartments": ("апартаменты", "не апартаменты"),
    "motorway": ("у шоссе", "не у шоссе"),
    "hostel": ("общежитие", "не общежитие"),
    "basement": ("подвал", "не подвал"),
}

_NUMBERS: Mapping[str, str] = {
    "floor": "этаж",
    "house_floors": "этажей в доме",
    "kitchen_area": "кухня",
    "living_area": "жилая площадь",
    "bathrooms": "санузлов",
    "bedrooms": "спален",
    "ceiling_height": "потолки",
    "year_built": "год постройки",
    "completion": "сдача",
    "metro_walk": "метро пешком",
    "metro_transport": "метро транспортом",
    "commission": "комиссия",
    "deposit": "залог",
    "prepayment": "предоплата",
    "move_in": "заезд",
    "price_cap": "цена",
}

_UNITS: Mapping[str, str] = {"m2": "м²", "m": "м", "min": "мин", "percent": "%", "months": "мес.", "RUB": "₽"}

#: Of a choice: the name of the kind, and its words.
_CHOICES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "rooms_layout": ("комнаты", {"isolated": "изолированные", "adjoining": "смежные", "mixed": "смежно-изолированные"}),
    "bathroom": ("санузел", {"separate": "раздельный", "combined": "совмещённый"}),
    "bath_or_shower": ("", {"bath": "ванна", "shower": "душ"}),
    "renovation": (
        "ремонт",
        {
            "rough": "черновая",
            "pre_finishing": "предчистовая",
            "cosmetic": "косметический",
            "euro": "евро",
            "design": "дизайнерский",
        },
    ),
    "material": (
        "дом",
        {"brick": "кирпич", "monolith": "монолит", "panel": "панель", "block": "блоки", "wood": "дерево"},
    ),
    "house_type": (
        "дом",
        {
            "stalinka": "сталинка",
            "khrushchevka": "хрущёвка",
            "brezhnevka": "брежневка",
            "prerevolutionary": "дореволюционный",
            "modern": "современный",
        },
    ),
    "stove": ("плита", {"gas": "газовая", "electric": "электрическая"}),
    "parking": ("парковка", {"yard": "во дворе", "underground": "подземная", "own_place": "своё место"}),
    "window_view": (
        "окна",
        {"yard": "во двор", "street": "на улицу", "park": "на парк", "river": "на воду", "city": "на город"},
    ),
    "rent_term": ("срок", {"long": "надолго", "months": "на месяцы", "daily": "посуточно"}),
}


def said_reading(kind: str, value: Any) -> str:
    """A wish or a fact in words; a kind that pages do not know is shown by its English label."""
    known = KIND_OF.get(kind)
    if known is None:
        return kind
    if known.form == "flag":
        return _flag(kind, bool(value))
    if known.form == "number":
        return _number(kind, value)
    return _choice(kind, value)


def _flag(kind: str, value: bool) -> str:
    label = KIND_OF[kind].label
    words = _FLAGS.get(kind) if language() == "ru" else english.FLAGS.get(kind, (label, f"no {label}"))
    return (words or (label, f"no {label}"))[0 if value else 1]


def _number(kind: str, value: Any) -> str:
    known = KIND_OF[kind]
    russian = language() == "ru"
    label = (_NUMBERS if russian else english.NUMBERS).get(kind, known.label)
    unit = (_UNITS if russian else english.UNITS).get(known.unit, known.unit if not russian else "")
    if kind in _DATES:  # they are said whole, without a unit
        unit = ""
    say_one = _DATES.get(kind, _plain)
    if not isinstance(value, Mapping):
        return f"{label} {say_one(value)} {unit}".strip()
    least, most = value.get("min"), value.get("max")
    if kind in _DATES and most == 0 or (least is not None and least == most):
        amount = say_one(most)
    elif least is not None and most is not None:
        amount = f"{say_one(least)}–{say_one(most)}"
    elif least is not None:
        amount = f"{'от' if russian else 'from'} {say_one(least)}"
    else:
        amount = f"{'до' if russian else 'up to'} {say_one(most)}"
    return f"{label} {amount} {unit}".strip()


def _choice(kind: str, value: Any) -> str:
    russian = language() == "ru"
    label, words = (_CHOICES if russian else english.CHOICES).get(kind, (KIND_OF[kind].label, {}))
    either, but = (" или ", "не ") if russian else (" or ", "not ")
    if isinstance(value, Mapping):
        wanted = either.join(words.get(word, word) for word in value.get("any_of") or ())
        refused = ", ".join(f"{but}{words.get(word, word)}" for word in value.get("none_of") or ())
        parts = [wanted, refused]
    else:
        parts = [", ".join(words.get(word, word) for word in ([value] if isinstance(value, str) else value or ()))]
    return " ".join(part for part in (label, *parts) if part)


def _quarter(year: float) -> str:
    """A year, with .25, .5 or .75 for its second to fourth quarter; 0 is a house that is completed."""
    russian = language() == "ru"
    if year == 0:
        return "сдан" if russian else "done"
    later = round((year - int(year)) * 4)
    return (f"{later + 1} кв. {int(year)}" if russian else f"Q{later + 1} {int(year)}") if later else str(int(year))


def _day(number: float) -> str:
    """A day of the year, 0 for at once."""
    if number == 0:
        return "сразу" if language() == "ru" else "at once"
    day = date(2023, 1, 1) + timedelta(days=int(number) - 1)  # as in any year that is no leap year
    return f"{day:%d.%m}" if language() == "ru" else f"{day.day} {day:%b}"


def _plain(number: Any) -> str:
    """A number as pages show it: thousands apart, no needless zeros."""
    if isinstance(number, float | int) and abs(number) >= 10_000:
        return f"{number:,.0f}".replace(",", "\u00a0")
    text = f"{number:g}" if isinstance(number, float | int) else str(number)
    return text.replace(".", ",") if language() == "ru" else text


#: Numbers that are dates, and how they are said.
_DATES: Mapping[str, Callable[[float], str]] = {"completion": _quarter, "move_in": _day}
