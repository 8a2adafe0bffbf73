"""
The content of sample data: leads and properties of a realtor's ordinary week, the same for every user.

Texts are in Russian, which the engine's grammar reads and in which most listings are written. Prices are in the town's
own currency, rounded as people round them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.core.enums import Condition, PaymentMethod, PropertyClass, PropertyType


@dataclass(frozen=True)
class SampleTown:
    """A possible town of sample data."""

    name: str
    #: (district, station, street), the most expensive first.
    places: tuple[tuple[str, str, str], ...]
    #: The price of a square metre in the middle of them, in the town's currency.
    price_of_metre: int
    #: The unit to which prices are rounded.
    step: int


MOSCOW = SampleTown(
    "Москва",
    (
        ("Раменки", "Раменки", "Мичуринский проспект"),
        ("Академический", "Академическая", "Профсоюзная улица"),
        ("Сокольники", "Сокольники", "Русаковская улица"),
        ("Измайлово", "Первомайская", "Парковая улица"),
    ),
    310_000,
    50_000,
)
ALMATY = SampleTown(
    "Алматы",
    (
        ("Медеуский", "Абай", "проспект Достык"),
        ("Бостандыкский", "Байконур", "улица Тимирязева"),
        ("Алмалинский", "Алмалы", "улица Кабанбай батыра"),
        ("Ауэзовский", "Сайран", "улица Жандосова"),
    ),
    650_000,
    500_000,
)

#: The price level of a place relative to the town's middle, by its number.
_LEVELS = (1.25, 1.1, 0.95, 0.8)

#: (place, rooms, m², floor, floors, year, condition, share of the usual price, the owner's text)
_HOMES: tuple[tuple[int, int, float, int, int, int, Condition, float, str], ...] = (
    (0, 2, 58, 7, 16, 2016, Condition.DESIGN, 1.05, "Окна во двор, кухня-гостиная, подземный паркинг, двор без машин."),
    (0, 2, 54, 1, 9, 1984, Condition.FINISHING, 0.9, "Первый этаж, высокий. Рядом школа, тихий двор."),
    (0, 3, 82, 11, 22, 2019, Condition.DESIGN, 1.04, "Два санузла, гардеробная, вид на парк. Закрытая территория."),
    (0, 1, 38, 4, 12, 2008, Condition.FINISHING, 1.0, "Застеклённый балкон, ипотека подходит."),
    (1, 2, 56, 5, 9, 1987, Condition.FINISHING, 0.96, "Тихий двор, лоджия, рядом школа. Один собственник."),
    (1, 2, 61, 9, 14, 2012, Condition.DESIGN, 1.02, "Кухня 12 метров, балкон, парковка. Ипотека подходит."),
    (1, 3, 78, 3, 17, 2015, Condition.FINISHING, 0.98, "Детский сад во дворе, два санузла, окна на две стороны."),
    (1, 0, 27, 6, 17, 2021, Condition.DESIGN, 1.08, "Студия с мебелью и техникой, подходит для сдачи."),
    (1, 1, 36, 2, 5, 1968, Condition.ROUGH, 0.88, "Под ремонт. Торг уместен, свободная продажа."),
    (2, 2, 52, 8, 9, 1979, Condition.FINISHING, 0.95, "Балкон, тихий двор, парк в пяти минутах."),
    (2, 2, 64, 14, 24, 2020, Condition.FINISHING, 1.03, "Панорамные окна, подземный паркинг, консьерж."),
    (2, 3, 86, 5, 12, 2011, Condition.DESIGN, 1.0, "Рядом школа и детский сад, двор без машин, кладовая."),
    (2, 3, 74, 9, 9, 1982, Condition.FINISHING, 0.9, "Последний этаж, лоджия, документы готовы."),
    (2, 0, 25, 3, 20, 2022, Condition.FINISHING, 1.05, "Студия, чистовая отделка, до метро пять минут пешком."),
    (2, 1, 40, 10, 17, 2014, Condition.DESIGN, 1.0, "Дизайнерский ремонт, кондиционер, встроенная техника."),
    (3, 2, 54, 4, 9, 1986, Condition.FINISHING, 0.97, "Окна во двор, балкон застеклён. Без обременений."),
    (3, 2, 58, 2, 14, 2009, Condition.FINISHING, 1.0, "Рядом школа, парковка во дворе, ипотека подходит."),
    (3, 3, 79, 6, 16, 2013, Condition.DESIGN, 1.02, "Большая кухня, два санузла, закрытая территория."),
    (3, 1, 34, 5, 5, 1965, Condition.FINISHING, 0.92, "Последний этаж, балкон, рядом парк."),
    (3, 0, 24, 8, 18, 2020, Condition.DESIGN, 1.1, "Студия после ремонта, с мебелью."),
)
#: The ones that belong to the realtor; the others belong to the partner.
_OWN_HOMES = (5, 11, 14)

#: The realtor's clients: (name, places, rooms, m² from, to, multiple of the usual price, further fields, own words)
_CLIENTS: tuple[tuple[str, tuple[int, ...], list[int], int, int, float, dict[str, Any], str], ...] = (
    (
        "Ольга и Тимур",
        (1, 2),
        [2],
        50,
        66,
        1.1,
        {"payment_method": PaymentMethod.MORTGAGE},
        "Тихий двор, балкон или лоджия, не первый этаж, желательно рядом школа.",
    ),
    (
        "Семья Ахметовых",
        (0, 1, 2),
        [3],
        72,
        95,
        1.2,
        {"year_min": 2005, "property_type": PropertyType.APARTMENT},
        "Обязательно два санузла. Двор без машин, детский сад рядом, не последний этаж.",
    ),
    (
        "Инвестор Павел",
        (),
        [0, 1],
        22,
        42,
        1.15,
        {"payment_method": PaymentMethod.CASH},
        "Под сдачу, с ремонтом и техникой, до метро пешком.",
    ),
)
#: The partner's clients, for whom the realtor's own homes are suitable.
_CLIENTS_OF_PARTNER: tuple[tuple[str, tuple[int, ...], list[int], int, int, float, dict[str, Any], str], ...] = (
    ("Марина К.", (1,), [2], 55, 70, 1.2, {}, "Кухня от 10 метров, балкон, парковка."),
    ("Руслан Б.", (1, 2), [2, 3], 60, 90, 1.15, {}, "Рядом школа, двор без машин."),
    ("Анна П.", (2, 3), [1], 34, 45, 1.2, {"condition": Condition.DESIGN}, "С мебелью, кондиционер."),
    ("Сергей Л.", (), [3], 75, 100, 1.1, {}, "Два санузла, не первый и не последний этаж."),
)


def homes_of(town: SampleTown, *, own: bool) -> Iterator[dict[str, Any]]:
    """Columns of the properties: the realtor's *own* ones, or the partner's."""
    for number, (place_index, rooms, area, floor, floors, year, condition, share, words) in enumerate(_HOMES):
        if (number in _OWN_HOMES) is not own:
            continue
        district, station, street = town.places[place_index]
        kind = f"{rooms}-комн. квартира" if rooms else "Студия"
        yield {
            "city": town.name,
            "district": district,
            "metro_station": station,
            "street": street,
            "house_number": str(3 + 7 * number),
            "title": f"{kind}, {area:g} м²",
            "description": words,
            "property_type": PropertyType.APARTMENT,
            "property_class": PropertyClass.COMFORT,
            "condition": condition,
            "price": _rounded(town, town.price_of_metre * _LEVELS[place_index] * share * area),
            "area": Decimal(str(area)),
            "rooms": rooms,
            "floor": floor,
            "total_floors": floors,
            "year_built": year,
            "commission_share": Decimal("2.5"),
        }


def clients_of(town: SampleTown, *, own: bool) -> Iterator[dict[str, Any]]:
    """Columns of the leads: the realtor's *own* ones, or the partner's."""
    for name, places, rooms, minimum, maximum, times, more, words in _CLIENTS if own else _CLIENTS_OF_PARTNER:
        usual = town.price_of_metre * (minimum + maximum) / 2
        yield {
            "city": town.name,
            "client_name": name,
            "districts": [town.places[place][0] for place in places],
            "budget_max": _rounded(town, usual * times),
            "area_min": Decimal(minimum),
            "area_max": Decimal(maximum),
            "rooms": rooms,
            "additional_requirements": words,
            **more,
        }


def _rounded(town: SampleTown, amount: float) -> Decimal:
    return Decimal(round(amount / town.step) * town.step)
