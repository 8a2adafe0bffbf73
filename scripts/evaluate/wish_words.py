"""True wishes of a listing in realtors' words: many ways to ask for what it has."""

from collections.abc import Callable, Sequence

import numpy as np

from scripts.evaluate.sales_table import SalesTable

#: How a list of wishes is written: between them, and around.
_JOINTS = (", ", ". ", "; ", " / ", ", а также ", "\n", " + ")
_OPENINGS = ("", "", "", "Нужно: ", "Важно: ", "Пожелания: ", "Клиенту нужно: ", "обязательно ", "Критично - ")

_MATERIALS = {
    "brick": ("кирпичный дом", "дом кирпич", "кирпич", "только кирпичные дома", "стены кирпичные"),
    "monolith": ("монолитный дом", "монолит", "дом из монолита", "только монолит", "монолитное строение"),
    "panel": ("можно панельный дом", "панель подойдет", "панельный дом"),
    "block": ("блочный дом", "дом блочный"),
}


def words_of(homes: SalesTable, row: int, count: int, rng: np.random.Generator) -> str:
    """*count* wishes (or as many as the file knows) that the listing meets, written down. Empty where it tells nothing."""
    makers = [group[int(rng.integers(len(group)))] for group in _MAKERS]
    ways = [way for way in (make(homes, row, rng) for make in makers) if way]
    chosen = [ways[place] for place in rng.permutation(len(ways))[:count]]
    said = [str(rng.choice(way)) for way in chosen]
    text = str(rng.choice(_OPENINGS)) + str(rng.choice(_JOINTS)).join(said) if said else ""
    style = rng.random()
    return text.upper() if style < 0.03 else text.capitalize() if style < 0.3 else text


def _not_at_the_edges(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if not 1 < homes.floor[row] < homes.floors_total[row]:
        return ()
    return (
        "не первый и не последний этаж", "этаж не крайний", "кроме первого и последнего этажа", "не 1 и не последний",
        "первый и последний этажи не предлагать", "без крайних этажей", "исключить первый и последний этажи",
        "1-й и последний этаж не рассматриваем",
    )  # fmt: skip


def _not_the_first(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if not homes.floor[row] > 1:
        return ()
    return (
        "не первый этаж", "первый этаж не предлагать", "этаж со 2-го", "только не на первом этаже", "1 этаж исключен",
        "этаж любой, кроме первого", "не 1 этаж", "без первых этажей", "от второго этажа и выше",
    )  # fmt: skip


def _from_a_floor(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    low = int(homes.floor[row] - rng.integers(0, 4))
    if low < 3:
        return ()
    return (
        f"этаж от {low}", f"не ниже {low} этажа", f"{low} этаж и выше", f"этаж с {low}-го", f"от {low} этажа",
        f"этаж {low}+", f"минимум {low} этаж", f"выше {low - 1} этажа",
    )  # fmt: skip


def _up_to_a_floor(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    high = int(homes.floor[row] + rng.integers(0, 3))
    if not 2 <= high <= 12:
        return ()
    return (
        f"не выше {high} этажа", f"этаж до {high}", f"этаж не выше {high}-го", f"максимум {high} этаж",
        f"до {high} этажа включительно", f"высоко не надо, до {high} этажа",
    )  # fmt: skip


def _between_floors(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    low, high = int(homes.floor[row] - rng.integers(0, 4)), int(homes.floor[row] + rng.integers(1, 5))
    if low < 2:
        return ()
    return (
        f"этаж {low}-{high}", f"с {low} по {high} этаж", f"этажи от {low} до {high}", f"{low}–{high} этаж",
        f"средние этажи, {low}-{high}", f"этаж в диапазоне {low}-{high}",
    )  # fmt: skip


def _kitchen(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if np.isnan(homes.kitchen_area[row]):
        return ()
    low = int(homes.kitchen_area[row] * rng.uniform(0.85, 1))
    return (
        f"кухня от {low} метров", f"кухня не менее {low} кв.м", f"кухня {low}+", f"кухня от {low} м²", f"кухня >= {low}",
        f"кухня хотя бы {low} м", f"кухня минимум {low} кв м", f"площадь кухни от {low}", f"кухня не меньше {low} метров",
    )  # fmt: skip


def _living(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if np.isnan(homes.living_area[row]):
        return ()
    low = int(homes.living_area[row] * rng.uniform(0.88, 1))
    return (
        f"жилая площадь от {low} м", f"жилая не менее {low} кв.м", f"жилая {low}+", f"жилой площади от {low} метров",
    )  # fmt: skip


def _ceiling(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    usual = [low for low in (2.6, 2.7, 2.8, 2.9, 3, 3.1, 3.2, 3.5) if low <= homes.ceiling[row] <= low + 0.4]
    if not usual:
        return ()
    low = f"{rng.choice(usual):g}"
    comma = low.replace(".", ",")
    return (
        f"потолки от {low}", f"потолки {comma} м и выше", f"высота потолков от {comma} м", f"потолки не ниже {low}",
        f"потолок не менее {comma} м", f"потолки {low}+", f"высокие потолки, от {low} м",
    )  # fmt: skip


def _bathroom(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    combined, separate = homes.combined[row], homes.separate[row]
    if np.isnan(combined):
        return ()
    if combined + separate >= 2:
        n = int(min(combined + separate, 3))
        word = {2: "два", 3: "три"}[n]
        return (
            f"{word} санузла", f"от {n} санузлов", f"с/у не менее {n}", f"минимум {word} с/у", f"{n} и более санузла",
            f"{n} туалета" if n == 2 else f"{n} ванные комнаты", f"санузлов {n}+",
        )  # fmt: skip
    if separate:
        return (
            "санузел раздельный", "с/у раздельный", "раздельный сан. узел", "туалет и ванна отдельно", "с/у разд.",
            "ванная отдельно от туалета", "нужен раздельный санузел",
        )  # fmt: skip
    return "санузел совмещенный", "с/у совмещён", "совмещенный санузел", "совмещенный с/у"


def _material(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    walls = [name for name in homes.materials[row] if name in _MATERIALS]
    if not walls:
        return ()
    if {"brick", "monolith"} >= set(walls) and rng.random() < 0.4:
        return "кирпич или монолит", "не панель", "панельные дома не предлагать", "кирпич/монолит", "кроме панельных домов"
    return _MATERIALS[walls[0]]


def _market(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if homes.market[row] == "new":
        return (
            "новостройка", "только новостройка", "новый дом от застройщика", "вторичку не предлагать", "первичный рынок",
            "новострой",
        )  # fmt: skip
    if homes.market[row] == "resale":
        return (
            "вторичка", "только вторичка", "вторичное жилье", "вторичный рынок", "новостройки не рассматриваем",
            "новостройки не предлагать",
        )  # fmt: skip
    return ()


def _completion(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if homes.market[row] != "new":
        return ()
    if homes.handed_over[row] == 1:
        return "дом сдан", "ключи сразу", "готовый дом", "сданный корпус", "дом уже сдан"
    year = homes.year[row]
    if np.isnan(year):
        return ()
    return (
        f"сдача не позже {year:.0f} года", f"срок сдачи до конца {year:.0f}", f"сдача до {year:.0f} г. включительно",
    )  # fmt: skip


def _year(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    year = homes.year[row] - rng.integers(0, 6)
    if not year >= 1955 or homes.handed_over[row] == 0:
        return ()
    return (
        f"дом не старше {year:.0f} года", f"год постройки от {year:.0f}", f"дом {year:.0f}+", f"не ранее {year:.0f} г.п.",
        f"построен не раньше {year:.0f}", f"дом с {year:.0f} года",
    )  # fmt: skip


def _house(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    floors = homes.floors_total[row]
    if floors <= 9:
        return f"дом до {floors:.0f} этажей", "малоэтажный дом, не выше 9 этажей", f"этажность не больше {floors:.0f}"
    return ()


def _apartments(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if homes.apartments[row]:
        return ()
    return (
        "не апартаменты", "апартаменты не предлагать", "без апартаментов", "апарты не интересуют", "апартаменты исключены",
    )  # fmt: skip


def _metro(homes: SalesTable, row: int, rng: np.random.Generator) -> Sequence[str]:
    if not homes.on_foot[row] or np.isnan(homes.metro_min[row]):
        return ()
    minutes = next((n for n in (5, 7, 10, 12, 15, 20) if n >= homes.metro_min[row]), None)
    if minutes is None:
        return ()
    return (
        f"до метро {minutes} минут пешком", f"метро не дальше {minutes} мин пешком", f"метро в шаговой доступности (до {minutes} мин.)",
        f"пешком до метро максимум {minutes} минут", f"от метро не более {minutes} минут", f"{minutes} мин. пешком до метро",
        f"метро до {minutes} мин",
    )  # fmt: skip


#: One of each group at most speaks, so that a text does not ask for the same thing twice.
_MAKERS: tuple[tuple[Callable[[SalesTable, int, np.random.Generator], Sequence[str]], ...], ...] = (
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
