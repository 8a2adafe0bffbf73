"""Facts in feeds beyond the columns, named as the kinds of matching.reading.kinds."""

import re
from functools import lru_cache

from models.core.errors import Fault
from models.sources.formats import values
from models.sources.formats.offer import Offer
from models.sources.formats.vocabulary import CONDITIONS, HOUSE_TYPES, MATERIALS, RENOVATIONS, entry, fold

#: A word for the quarter of a year -> its number.
QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "i": 1, "ii": 2, "iii": 3, "iv": 4}
_NO = re.compile(r"\b(?:нет|без|no|none|отсутствует)\b")


def set_flag(offer: Offer, kind: str, text: str | None) -> None:
    """Set a fact of yes or no, if the file states one."""
    value = values.flag(text)
    if value is not None:
        offer.facts[kind] = value


def set_number(offer: Offer, kind: str, text: str | None, minimum: float, maximum: float) -> None:
    """Set a number within plausible bounds; others are unknown (portals write -1 and 0 for it)."""
    try:
        value = values.number(text)
    except ValueError as error:
        offer.guess(kind, Fault("import.taken_as_unknown", reason=error.args[0]), text)
        return
    if value is None:
        return
    if not minimum <= value <= maximum:
        offer.guess(kind, "import.unknown", text)
        return
    offer.facts[kind] = float(value)


def set_condition(offer: Offer, *texts: str | None) -> None:
    """Set the state of the finish from the first known text: the column's coarse word and the more precise fact."""
    for text in texts:
        if text is None:
            continue
        offer.condition = offer.condition or entry(CONDITIONS, text)
        renovation = entry(RENOVATIONS, text)
        if renovation:
            offer.facts.setdefault("renovation", renovation)
        if offer.condition:
            return
        offer.guess("condition", "import.unknown_word", text)


def set_material(offer: Offer, text: str | None) -> None:
    """
    Set the material of the walls, and the kind of house if the same word states it. The original word is kept too, for
    texts.
    """
    if text is None:
        return
    offer.attributes.setdefault("house_type", text)
    materials, kind = _materials_in(fold(text))
    if materials:
        offer.facts["material"] = list(materials)
    if kind:
        offer.facts["house_type"] = kind
    if not materials and not kind:
        offer.guess("material", "import.unknown_word", text)


@lru_cache(maxsize=4096)
def _materials_in(low: str) -> tuple[tuple[str, ...], str | None]:
    materials = tuple(word for word, parts in MATERIALS if any(part in low for part in parts))
    return materials, next((word for word, parts in HOUSE_TYPES if any(part in low for part in parts)), None)


def set_bathroom(offer: Offer, text: str | None) -> None:
    """Set the kind and number of bathrooms: «2 раздельный», "совмещенный", or only a number."""
    if text is None:
        return
    offer.attributes.setdefault("wc", text)
    low = fold(text)
    count = re.search(r"\d+", low)
    if count and 0 < int(count[0]) <= 20:
        offer.facts["bathrooms"] = int(count[0])
    if "совме" in low or "combined" in low or "смежн" in low:
        offer.facts["bathroom"] = "combined"
    elif "разд" in low or "separate" in low or "отдельн" in low:
        offer.facts["bathroom"] = "separate"
    elif "два" in low or "двух" in low or "более" in low:
        offer.facts.setdefault("bathrooms", 2)


def set_balcony(offer: Offer, *texts: str | None) -> None:
    """Set whether there is a balcony or a loggia, from a word, a number, or yes or no."""
    for text in texts:
        if text is None:
            continue
        low = fold(text)
        number = re.match(r"\d+", low)
        has = int(number[0]) > 0 if number else not (low in values.NO or _NO.search(low))
        offer.facts["balcony"] = bool(offer.facts.get("balcony")) or has


def set_view(offer: Offer, text: str | None) -> None:
    """Set the view from the windows."""
    if text is None:
        return
    low = fold(text)
    words = (("yard", ("двор", "yard")), ("street", ("улиц", "street")), ("park", ("парк", "park", "лес")))
    more = (("river", ("реку", "вод", "море", "river", "water")), ("city", ("город", "city")))
    views = [view for view, parts in (*words, *more) if any(part in low for part in parts)]
    if "both" in low or "всех сторон" in low or "и на улицу" in low:
        views = ["yard", "street"]
    if views:
        offer.facts["window_view"] = views


def set_parking(offer: Offer, text: str | None) -> None:
    """Set a parking place; "yes" alone gives no kind, and "no" means that there is none."""
    if values.flag(text) is False:
        offer.facts["parking"] = []
        return
    low = fold(text or "")
    words = (
        ("underground", ("подзем", "underground", "паркинг", "multilevel")),
        ("yard", ("наземн", "ground", "двор", "open", "стихийн")),
    )
    kinds = [kind for kind, parts in words if any(part in low for part in parts)]
    if "underground" in kinds and "наземн" not in low and "open" not in low:
        kinds = ["underground"]
    if kinds:
        offer.facts["parking"] = kinds


def set_completion(offer: Offer, quarter: str | None, is_complete: str | None = None) -> None:
    """Set when the house is completed: the year is in `year_built`, the quarter is a number, a word or «2кв»."""
    done = values.flag(is_complete)
    if done is not None:
        offer.facts["handed_over"] = done
    low = fold(quarter or "").replace("quarter", "").strip()
    number = re.search(r"[1-4](?!\d)", low)
    completed_in = QUARTERS.get(low.split()[0] if low else "", int(number[0]) if number else 0)
    if completed_in and offer.year_built and offer.facts.get("handed_over") is not True:
        offer.facts["completion"] = offer.year_built + (completed_in - 1) / 4


def set_building_state(offer: Offer, text: str | None) -> None:
    """Set whether the house is completed: built, hand-over, unfinished."""
    low = fold(text or "")
    if low in ("built", "hand over", "сдан", "сдан в эксплуатацию", "построен", "ready"):
        offer.facts["handed_over"] = True
    elif low in ("unfinished", "строится", "не достроен", "in progress", "не сдан"):
        offer.facts["handed_over"] = False


def set_deposit(offer: Offer, text: str | None) -> None:
    """Set a deposit, given as a sum of money or as a share of the month's rent, in months."""
    try:
        value = values.amount(text)
    except ValueError:
        return
    if value is None or value[0] < 0:
        return
    money = value[0]
    if money <= 100 and money == money.to_integral_value() and money > 12:
        offer.facts["deposit"] = float(money / 100)
    elif money <= 12:
        offer.facts["deposit"] = float(money)
    elif offer.price:
        months = money / offer.price
        if months <= 24:
            offer.facts["deposit"] = float(round(months, 2))


def set_commission(offer: Offer, text: str | None) -> None:
    """Set the client's commission in per cent; a sum of money is converted to a share of the price."""
    try:
        value = values.amount((text or "").replace("%", "").strip() or None)
    except ValueError:
        return
    if value is None or value[0] < 0:
        return
    per_cent = value[0]
    if per_cent > 100:
        if not offer.price:
            return
        per_cent = per_cent / offer.price * 100
    if per_cent <= 100:
        offer.facts["commission"] = float(round(per_cent, 2))
