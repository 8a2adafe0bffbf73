"""The file of sales as columns: the truth, which the engine does not see."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: «Сдача корпуса 4 кв. 2024» in a headline.
_QUARTER = re.compile(r"Сдача корпуса (\d) кв\. (\d{4})")
#: The file was collected in the second quarter of this year.
COLLECTED = (2023, 2)
MATERIALS = {
    "кирпич": "brick",
    "монолит": "monolith",
    "панел": "panel",
    "блоч": "block",
    "газосиликат": "block",
    "сталин": "stalin_era",
    "старый фонд": "old_stock",
}


@dataclass(frozen=True)
class SalesTable:
    """One array per column, all of one length, in the file's order. NaN, -1 and the empty string mean unknown."""

    district: NDArray[np.str_]
    okrug: NDArray[np.str_]
    metro: NDArray[np.str_]
    #: Minutes to the station, and whether they are on foot.
    metro_min: NDArray[np.float64]
    on_foot: NDArray[np.bool_]
    price: NDArray[np.float64]
    rooms: NDArray[np.float64]
    area: NDArray[np.float64]
    living_area: NDArray[np.float64]
    kitchen_area: NDArray[np.float64]
    floor: NDArray[np.float64]
    floors_total: NDArray[np.float64]
    year: NDArray[np.float64]
    ceiling: NDArray[np.float64]
    #: Bathrooms with bath and toilet in one room, and apart. NaN in both where nothing is stated.
    combined: NDArray[np.float64]
    separate: NDArray[np.float64]
    #: "new", "resale" or "".
    market: NDArray[np.str_]
    apartments: NDArray[np.bool_]
    penthouse: NDArray[np.bool_]
    #: 1 handed over, 0 not yet, -1 not told.
    handed_over: NDArray[np.int8]
    #: Year of completion plus 0, .25, .5 or .75 for the quarter; 0 for what is handed over.
    completion: NDArray[np.float64]
    #: Values of MATERIALS, in a tuple each.
    materials: NDArray[np.object_]
    headline: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.price)


def read_table(path: Path) -> SalesTable:
    """Columns of a file as `leadmatch evaluate` takes it: the rows of `planted.read_listings`, in the same order."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["price"]]
    text = lambda name: np.array([row[name].strip() for row in rows])
    number = lambda name, low=0.0, high=np.inf: np.array([_number(row[name], low, high) for row in rows])
    bathrooms = np.array([_bathrooms(row["wc"]) for row in rows])
    return SalesTable(
        district=text("district"),
        okrug=text("okrug"),
        metro=text("metro"),
        metro_min=number("metro_min"),
        on_foot=text("metro_walk") == "1",
        price=number("price"),
        rooms=number("rooms"),
        area=number("area"),
        living_area=number("living_area", low=5),
        kitchen_area=number("kitchen_area", low=2),
        floor=number("floor"),
        floors_total=number("floors_total"),
        year=number("year_built", low=1700),
        ceiling=number("ceiling_m", low=2, high=8),
        combined=bathrooms[:, 0],
        separate=bathrooms[:, 1],
        market=text("market"),
        apartments=text("is_apartments") == "1",
        penthouse=text("is_penthouse") == "1",
        handed_over=np.array([_handed_over(row) for row in rows], np.int8),
        completion=np.array([_completion(row) for row in rows]),
        materials=_materials(rows),
        headline=text("headline"),
    )


def _number(text: str, low: float, high: float) -> float:
    """NaN for empty and impossible values: -1 and 0 mean unknown in scraped files."""
    value = float(text) if text else np.nan
    return value if low <= value <= high else np.nan


def _bathrooms(text: str) -> tuple[float, float]:
    if not text:
        return np.nan, np.nan
    count = lambda kind: float(sum(int(n) for n in re.findall(rf"(\d+) {kind}", text)))
    return count("совмещ"), count("раздел")


def _handed_over(row: dict[str, str]) -> int:
    if row["market"] == "resale" or "Сдан" in row["headline"].split():
        return 1
    due = _QUARTER.search(row["headline"])
    if due is None:
        return -1
    return int((int(due[2]), int(due[1])) < COLLECTED)


def _completion(row: dict[str, str]) -> float:
    """By the headline, else by the year, which is then taken to its end."""
    if _handed_over(row) == 1:
        return 0.0
    due = _QUARTER.search(row["headline"])
    if due:
        return int(due[2]) + (int(due[1]) - 1) / 4
    return float(row["year_built"]) + 0.75 if row["market"] == "new" and row["year_built"] else np.nan


def _materials(rows: list[dict[str, str]]) -> NDArray[np.object_]:
    materials = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        words = row["house_type"].lower()
        materials[index] = tuple(dict.fromkeys(name for stem, name in MATERIALS.items() if stem in words))
    return materials
