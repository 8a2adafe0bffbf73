"""Whether a number may belong to a kind, and its conversion into the unit of that kind."""

from dataclasses import replace

from matching.reading.entry import Entry
from matching.reading.quantities import Quantity

#: Metres walked in a minute, as adverts of homes count.
METRES_A_MINUTE = 80
#: The length of a quarter.
DAYS_OF_QUARTER = 91.5


def fits_entry(entry: Entry, quantity: Quantity) -> bool:
    """Whether the number, by unit and size, may belong to the kind of *entry*."""
    size = 1.0
    if entry.hundredths and quantity.high >= 100:
        if quantity.unit == "m":
            return False  # «высота здания 264 метра»
        size = 0.01
    if "km" in entry.units and quantity.unit != "min":
        size = _minutes_of(quantity)
        if quantity.low * size < 1:
            return False  # «до метро 5 м» is no five metres
    if entry.strict and (2 * quantity.low % 1 or 2 * quantity.high % 1):
        return False  # «потолки в спальнях 2,8» counts no bedrooms, but there are 1.5 bathrooms
    if quantity.unit == "day" and quantity.third is not None and "quarter" in entry.units:
        return True  # «готовность декабрь 2025»
    if quantity.unit == "year" and _is_cut_year(entry, quantity):
        return True
    return (
        quantity.unit in entry.units and entry.minimum <= quantity.low * size and quantity.high * size <= entry.maximum
    )


def _is_cut_year(entry: Entry, quantity: Quantity) -> bool:
    """«сдача 25-26 год»."""
    return "quarter" in entry.units and quantity.unit == "year" and 20 <= quantity.low <= quantity.high <= 45


def _minutes_of(quantity: Quantity) -> float:
    """Minutes on foot for a metre or a kilometre, at 80 m a minute."""
    return 1000 / METRES_A_MINUTE if quantity.unit == "km" else 1 / METRES_A_MINUTE


def quarter_of(day: float) -> float:
    """The quarter of the *day* of a year: 0, .25, .5 or .75."""
    return min(int(day / DAYS_OF_QUARTER), 3) / 4


def scaled(entry: Entry, quantity: Quantity) -> Quantity:
    """*quantity* in the unit of the kind: «потолки 270» are 2.7 m."""
    if "km" in entry.units and quantity.unit in ("m", "km"):
        minutes = _minutes_of(quantity)
        return replace(quantity, low=round(quantity.low * minutes), high=round(quantity.high * minutes), unit="min")
    if quantity.unit == "day" and quantity.third is not None and "quarter" in entry.units:
        ends = [quantity.third + quarter_of(day) for day in (quantity.low, quantity.high)]
        return replace(quantity, low=ends[0], high=ends[1], unit="quarter")
    if _is_cut_year(entry, quantity):
        return replace(quantity, low=2000 + quantity.low, high=2000 + quantity.high)
    if entry.hundredths and quantity.high >= 100:
        return replace(quantity, low=quantity.low / 100, high=quantity.high / 100)
    return quantity
