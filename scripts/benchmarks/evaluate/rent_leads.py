"""Hand-written leads on rents, in the words of realtors and clients, with the meaning of their words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.benchmarks.evaluate.rents import Rent
from scripts.benchmarks.evaluate.truth import MET, NOT_STATED, VIOLATED


@dataclass(frozen=True)
class RentWish:
    """
    ``holds`` states whether a known fact of the kind meets the wish; ``value`` is the reading of a perfect reader.
    """

    kind: str
    value: Any
    holds: Callable[[Any], bool]

    @property
    def name(self) -> str:
        return f"{self.kind} {self.value}"

    def judge(self, rents: Sequence[Rent]) -> NDArray[np.int8]:
        """int8 (rents,) of MET, NOT_STATED, VIOLATED, by the fields or words."""
        stated_facts = [rent.stated_facts.get(self.kind) for rent in rents]
        verdict = lambda value: NOT_STATED if value is None else MET if self.holds(value) else VIOLATED
        return np.array([verdict(value) for value in stated_facts], np.int8)


def yes(kind: str) -> RentWish:
    return RentWish(kind, True, bool)


def no(kind: str) -> RentWish:
    return RentWish(kind, False, lambda value: not value)


def min_of(kind: str, low: float) -> RentWish:
    return RentWish(kind, {"min": low}, lambda value: value >= low)


def max_of(kind: str, high: float) -> RentWish:
    return RentWish(kind, {"max": high}, lambda value: value <= high)


def between(kind: str, low: float, high: float) -> RentWish:
    return RentWish(kind, {"min": low, "max": high}, lambda value: low <= value <= high)


def one_of(kind: str, *words: str) -> RentWish:
    return RentWish(kind, {"any_of": list(words)}, lambda value: not set(words).isdisjoint(_set_of(value)))


def none_of(kind: str, *words: str) -> RentWish:
    return RentWish(kind, {"none_of": list(words)}, lambda value: set(words).isdisjoint(_set_of(value)))


def _set_of(value: str | Sequence[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


NOT_FIRST, NOT_LAST = no("first_floor"), no("last_floor")
#: Holds for every lead that says nothing of how long it rents for.
NOT_BY_THE_DAY = none_of("rent_term", "daily")


@dataclass(frozen=True)
class RentLead:
    """``price`` in thousands of roubles a month."""

    text: str
    wishes: Sequence[RentWish]
    rooms: Sequence[int]
    price: tuple[float, float]
    area: tuple[float, float] | None = None
    districts: Sequence[str] = field(default=())


# fmt: off
LEADS: tuple[RentLead, ...] = (
    RentLead("Можно с кошкой, стиральная машина, не первый этаж", (yes("pets"), yes("washing_machine"), NOT_FIRST),
    (1,), (30, 60)),
    RentLead(
        "Семья с ребенком 4 года, без животных. Комнаты изолированные, мебель, до метро не больше 15 минут пешком",
        (yes("children"), one_of("rooms_layout", "isolated"), yes("furnished"), max_of("metro_walk", 15)), (2,), (40,
        90),
    ),
    RentLead("без комиссии и без залога, на длительный срок", (max_of("commission", 0), max_of("deposit", 0),
    one_of("rent_term", "long")), (1, 2), (30, 80)),
    RentLead(
        "Двое взрослых, собака (корги). Кондиционер обязателен, посудомойка желательно, этаж от 3",
        (yes("pets"), yes("air_conditioner"), yes("dishwasher"), min_of("floor", 3)), (2, 3), (50, 140),
    ),
    RentLead("студенты двое, интернет, холодильник и стиралка, комиссия не больше 50 процентов",
        (yes("students"), yes("internet"), yes("fridge"), yes("washing_machine"), max_of("commission", 50)), (1, 2),
        (30, 70)),
    RentLead("кухня от 9 метров, с/у раздельный, балкон", (min_of("kitchen_area", 9), one_of("bathroom", "separate"),
    yes("balcony")), (2,), (40, 100)),
    RentLead("Пустая квартира, без мебели!! Кирпич или монолит", (no("furnished"), one_of("material", "brick",
    "monolith")), (1, 2, 3), (35, 150)),
    RentLead("чтобы коммуналка входила в цену. можно с детьми. не последний этаж",
        (yes("utilities_included"), yes("children"), NOT_LAST), (1, 2), (30, 90)),
    RentLead("окна во двор, тихо, евроремонт или дизайнерский, не выше 9 этажа",
        (one_of("window_view", "yard"), yes("quiet"), one_of("renovation", "euro", "design"), max_of("floor", 9)), (1,
        2), (40, 110)),
    RentLead("курим, кот, нужен балкон", (yes("smoking"), yes("pets"), yes("balcony")), (1, 2), (30, 90)),
    RentLead(
        "Дом не старше 2000 года, лифт, парковка. Потолки от 2,7",
        (min_of("year_built", 2000), yes("lift"), one_of("parking", "yard", "underground"), min_of("ceiling_height",
        2.7)), (2, 3), (60, 200),
    ),
    RentLead("только от собственника, агентов прошу не беспокоить", (yes("from_owner"),), (1, 2), (30, 80)),
    RentLead("Снимем посуточно с нашей собачкой", (one_of("rent_term", "daily"), yes("pets")), (1, 2, 3), (20, 120)),
    RentLead("two bathrooms, dishwasher, pets allowed, not the ground floor",
        (min_of("bathrooms", 2), yes("dishwasher"), yes("pets"), NOT_FIRST), (2, 3, 4), (70, 260)),
    RentLead("панелька не подойдет, газовая плита, кухня хотя бы 8 кв м",
        (none_of("material", "panel"), one_of("stove", "gas"), min_of("kitchen_area", 8)), (1, 2), (35, 100)),
    RentLead("СРОЧНО ЗАЛОГ НЕ БОЛЬШЕ МЕСЯЦА КОМИССИЯ ДО 50% МЕБЕЛЬ ХОЛОДИЛЬНИК",
        (max_of("deposit", 1), max_of("commission", 50), yes("furnished"), yes("fridge")), (1,), (30, 60)),
    RentLead("консьерж или охрана, закрытый двор, школа рядом, дети 7 и 10 лет",
        (yes("closed_yard"), yes("school"), yes("children")), (2, 3), (60, 220)),
    RentLead("этаж 2-5, смежные комнаты не предлагать, санузел раздельный, без животных, некурящие",
        (between("floor", 2, 5), one_of("rooms_layout", "isolated"), one_of("bathroom", "separate")), (2, 3), (40,
        120)),
    RentLead("метро пешком до 10 мин, кондиционер, интернет", (max_of("metro_walk", 10), yes("air_conditioner"),
    yes("internet")), (1, 2), (40, 110),
        None, ("Хамовники", "Дорогомилово", "Раменки", "Пресненский", "Тверской", "Замоскворечье", "Донской",
        "Якиманка")),
    RentLead("с большим псом) парк рядом, не первый и не последний", (yes("pets"), yes("park"), NOT_FIRST, NOT_LAST),
    (1, 2), (30, 100),
        None, ("Измайлово", "Сокольники", "Богородское", "Преображенское", "Гольяново", "Восточное Измайлово",
        "Перово", "Новогиреево")),
)
# fmt: on
