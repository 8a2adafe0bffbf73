"""True wishes about a listing in realtors' words: many phrasings of its facts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.benchmarks.evaluate.sales_table import SalesTable

#: How a list of wishes is written: between them, and around.
_JOINTS = (", ", ". ", "; ", " / ", ", а также ", "\n", " + ")
_OPENINGS = ("", "", "", "Нужно: ", "Важно: ", "Пожелания: ", "Клиенту нужно: ", "обязательно ", "Критично - ")

_MATERIALS = {
    "brick": ("кирпичный дом", "дом кирпич", "кирпич", "только кирпичные дома", "стены кирпичные"),
    "monolith": ("монолитный дом", "монолит", "дом из монолита", "только монолит", "монолитное строение"),
    "panel": ("можно панельный дом", "панель подойдет", "панельный дом"),
    "block": ("блочный дом", "дом блочный"),
}


@dataclass(frozen=True)
class WishText:
    """Words, and the reading of a perfect reader: kinds and wishes of `matching.reading.kinds`."""

    text: str
    wishes: list[tuple[str, Any]]


#: What may be said, and the ways to say it; None where the file does not say enough.
Ways = tuple[list[tuple[str, Any]], Sequence[str]] | None


def words_of(homes: SalesTable, row: int, count: int, rng: np.random.Generator) -> WishText:
    """The text of *count* wishes (or as many as the file knows) that the listing meets. Empty without any."""
    makers = [group[int(rng.integers(len(group)))] for group in _MAKERS]
    ways = [way for way in (make(homes, row, rng) for make in makers) if way]
    chosen = [ways[index] for index in rng.permutation(len(ways))[:count]]
    texts = [str(rng.choice(np.array(phrases))) for _, phrases in chosen]
    text = str(rng.choice(_OPENINGS)) + str(rng.choice(_JOINTS)).join(texts) if texts else ""
    style = rng.random()
    text = text.upper() if style < 0.03 else text.capitalize() if style < 0.3 else text
    return WishText(text, [wish for wishes, _ in chosen for wish in wishes])


def _not_at_the_edges(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if not 1 < homes.floor[row] < homes.floors_total[row]:
        return None
    return [("first_floor", False), ("last_floor", False)], (
        "не первый и не последний этаж", "этаж не крайний", "кроме первого и последнего этажа", "не 1 и не последний",
        "первый и последний этажи не предлагать", "без крайних этажей", "исключить первый и последний этажи",
        "1-й и последний этаж не рассматриваем",
    )  # fmt: skip


def _not_the_first(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if not homes.floor[row] > 1:
        return None
    return [("first_floor", False)], (
        "не первый этаж", "первый этаж не предлагать", "этаж со 2-го", "только не на первом этаже", "1 этаж исключен",
        "этаж любой, кроме первого", "не 1 этаж", "без первых этажей", "от второго этажа и выше",
    )  # fmt: skip


def _from_a_floor(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    low = int(homes.floor[row] - rng.integers(0, 4))
    if low < 3:
        return None
    return [("floor", {"min": low})], (
        f"этаж от {low}", f"не ниже {low} этажа", f"{low} этаж и выше", f"этаж с {low}-го", f"от {low} этажа",
        f"этаж {low}+", f"минимум {low} этаж", f"выше {low - 1} этажа",
    )  # fmt: skip


def _up_to_a_floor(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    high = int(homes.floor[row] + rng.integers(0, 3))
    if not 2 <= high <= 12:
        return None
    return [("floor", {"max": high})], (
        f"не выше {high} этажа", f"этаж до {high}", f"этаж не выше {high}-го", f"максимум {high} этаж",
        f"до {high} этажа включительно", f"высоко не надо, до {high} этажа",
    )  # fmt: skip


def _between_floors(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    low, high = int(homes.floor[row] - rng.integers(0, 4)), int(homes.floor[row] + rng.integers(1, 5))
    if low < 2:
        return None
    return [("floor", {"min": low, "max": high})], (
        f"этаж {low}-{high}", f"с {low} по {high} этаж", f"этажи от {low} до {high}", f"{low}–{high} этаж",
        f"средние этажи, {low}-{high}", f"этаж в диапазоне {low}-{high}",
    )  # fmt: skip


def _kitchen(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if np.isnan(homes.kitchen_area[row]):
        return None
    low = int(homes.kitchen_area[row] * rng.uniform(0.85, 1))
    return [("kitchen_area", {"min": low})], (
        f"кухня от {low} метров", f"кухня не менее {low} кв.м", f"кухня {low}+", f"кухня от {low} м²",
        f"кухня >= {low}",
        f"кухня хотя бы {low} м", f"кухня минимум {low} кв м", f"площадь кухни от {low}",
        f"кухня не меньше {low} метров",
    )  # fmt: skip


def _living(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if np.isnan(homes.living_area[row]):
        return None
    low = int(homes.living_area[row] * rng.uniform(0.88, 1))
    return [("living_area", {"min": low})], (
        f"жилая площадь от {low} м", f"жилая не менее {low} кв.м", f"жилая {low}+", f"жилой площади от {low} метров",
    )  # fmt: skip


def _ceiling(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    usual = [low for low in (2.6, 2.7, 2.8, 2.9, 3, 3.1, 3.2, 3.5) if low <= homes.ceiling[row] <= low + 0.4]
    if not usual:
        return None
    limit = float(rng.choice(usual))
    low = f"{limit:g}"
    comma = low.replace(".", ",")
    return [("ceiling_height", {"min": limit})], (
        f"потолки от {low}", f"потолки {comma} м и выше", f"высота потолков от {comma} м", f"потолки не ниже {low}",
        f"потолок не менее {comma} м", f"потолки {low}+", f"высокие потолки, от {low} м",
    )  # fmt: skip


def _bathroom(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    combined, separate = homes.combined[row], homes.separate[row]
    if np.isnan(combined):
        return None
    if combined + separate >= 2:
        n = int(min(combined + separate, 3))
        word = {2: "два", 3: "три"}[n]
        return [("bathrooms", {"min": n})], (
            f"{word} санузла", f"от {n} санузлов", f"с/у не менее {n}", f"минимум {word} с/у", f"{n} и более санузла",
            f"{n} туалета" if n == 2 else f"{n} ванные комнаты", f"санузлов {n}+",
        )  # fmt: skip
    if separate:
        return [("bathroom", {"any_of": ["separate"]})], (
            "санузел раздельный", "с/у раздельный", "раздельный сан. узел", "туалет и ванна отдельно", "с/у разд.",
            "ванная отдельно от туалета", "нужен раздельный санузел",
        )  # fmt: skip
    phrases = ("санузел совмещенный", "с/у совмещён", "совмещенный санузел", "совмещенный с/у")
    return [("bathroom", {"any_of": ["combined"]})], phrases


def _material(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    walls = [name for name in homes.materials[row] if name in _MATERIALS]
    if not walls:
        return None
    if {"brick", "monolith"} >= set(walls) and rng.random() < 0.4:
        if rng.random() < 0.5:
            return [("material", {"any_of": ["brick", "monolith"]})], ("кирпич или монолит", "кирпич/монолит")
        refusals = ("не панель", "панельные дома не предлагать", "кроме панельных домов", "панель не интересует")
        return [("material", {"none_of": ["panel"]})], refusals
    return [("material", {"any_of": [walls[0]]})], _MATERIALS[walls[0]]


def _market(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if homes.market[row] == "new":
        return [("new_building", True)], (
            "новостройка", "только новостройка", "новый дом от застройщика", "вторичку не предлагать",
            "первичный рынок",
            "новострой",
        )  # fmt: skip
    if homes.market[row] == "resale":
        return [("new_building", False)], (
            "вторичка", "только вторичка", "вторичное жилье", "вторичный рынок", "новостройки не рассматриваем",
            "новостройки не предлагать",
        )  # fmt: skip
    return None


def _completion(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if homes.market[row] != "new":
        return None
    if homes.handed_over[row] == 1:
        return [("handed_over", True)], ("дом сдан", "ключи сразу", "готовый дом", "сданный корпус", "дом уже сдан")
    year = float(homes.completion[row] // 1)
    if np.isnan(year):
        return None
    return [("completion", {"max": year + 0.75})], (
        f"сдача не позже {year:.0f} года", f"срок сдачи до конца {year:.0f}", f"сдача до {year:.0f} г. включительно",
    )  # fmt: skip


def _year(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    year = homes.year[row] - rng.integers(0, 6)
    if not year >= 1955 or homes.handed_over[row] == 0:
        return None
    return [("year_built", {"min": float(year)})], (
        f"дом не старше {year:.0f} года", f"год постройки от {year:.0f}", f"дом {year:.0f}+",
        f"не ранее {year:.0f} г.п.",
        f"построен не раньше {year:.0f}", f"дом с {year:.0f} года",
    )  # fmt: skip


def _house(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    floors = homes.floors_total[row]
    if floors <= 9:
        phrases = (
            f"дом до {floors:.0f} этажей",
            f"дом не выше {floors:.0f} этажей",
            f"этажность не больше {floors:.0f}",
        )
        return [("house_floors", {"max": float(floors)})], phrases
    return None


def _apartments(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if homes.apartments[row]:
        return None
    return [("apartments", False)], (
        "не апартаменты", "апартаменты не предлагать", "без апартаментов", "апарты не интересуют",
        "апартаменты исключены",
    )  # fmt: skip


def _metro(homes: SalesTable, row: int, rng: np.random.Generator) -> Ways:
    if not homes.on_foot[row] or np.isnan(homes.metro_min[row]):
        return None
    minutes = next((n for n in (5, 7, 10, 12, 15, 20) if n >= homes.metro_min[row]), None)
    if minutes is None:
        return None
    return [("metro_walk", {"max": minutes})], (
        f"до метро {minutes} минут пешком", f"метро не дальше {minutes} мин пешком",
        f"метро в шаговой доступности (до {minutes} мин.)",
        f"пешком до метро максимум {minutes} минут", f"от метро не более {minutes} минут",
        f"{minutes} мин. пешком до метро",
        f"метро до {minutes} мин",
    )  # fmt: skip


#: One of each group at most speaks, so that a text does not ask for the same thing twice.
_MAKERS: tuple[tuple[Callable[[SalesTable, int, np.random.Generator], Ways], ...], ...] = (
    (_not_at_the_edges, _not_the_first),
    (_from_a_floor, _up_to_a_floor, _between_floors),
    (_kitchen,),
    (_living,),
    (_ceiling,),
    (_bathroom,),
    (_material,),
    (_market, _completion),
    (_year, _house),
    (_apartments,),
    (_metro,),
)
