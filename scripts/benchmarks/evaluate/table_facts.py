"""The file of sales as facts of the kinds that leads' words may ask for."""

import math
from typing import Any

from scripts.benchmarks.evaluate.sales_table import SalesTable


def table_facts(homes: SalesTable) -> list[dict[str, Any]]:
    """For each listing: name of the kind (`matching.reading.kinds`) to the fact; unknown facts are absent."""
    return [_of_one(homes, row) for row in range(len(homes))]


def _of_one(homes: SalesTable, row: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"apartments": bool(homes.apartments[row])}
    for kind, column in (
        ("floor", homes.floor),
        ("house_floors", homes.floors_total),
        ("kitchen_area", homes.kitchen_area),
        ("living_area", homes.living_area),
        ("ceiling_height", homes.ceiling),
        ("year_built", homes.year),
        ("completion", homes.completion),
        ("bathrooms", homes.combined + homes.separate),
        ("metro_walk" if homes.on_foot[row] else "metro_transport", homes.metro_min),
    ):
        if not math.isnan(column[row]):
            facts[kind] = float(column[row])
    if not math.isnan(homes.rooms[row]):
        facts["studio"] = bool(homes.rooms[row] == 0)
    if (homes.combined[row] > 0) != (homes.separate[row] > 0):
        facts["bathroom"] = "combined" if homes.combined[row] > 0 else "separate"
    if homes.market[row]:
        facts["new_building"] = bool(homes.market[row] == "new")
    if homes.handed_over[row] >= 0:
        facts["handed_over"] = bool(homes.handed_over[row])
    walls = [name for name in homes.materials[row] if name in ("brick", "monolith", "panel", "block")]
    if walls:
        facts["material"] = walls
    if "stalin_era" in homes.materials[row]:
        facts["house_type"] = "stalinka"
    return facts
