"""The wishes in a lead's text."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from matching.reading.defaults import free_wishes
from matching.reading.entry import Entry
from matching.reading.fragments import cancel_broken_off
from matching.reading.grammar import mentions
from matching.reading.house_age import ages
from matching.reading.kind import JsonValue, Kind
from matching.reading.kinds import KIND_OF
from matching.reading.limit_words import AT_MOST, BELOW
from matching.reading.markers import AND, CAN
from matching.reading.mentions import MENTION, NUMBER, SUBJECT, Item, Tokens
from matching.reading.quantities import Quantity, flipped, limits
from matching.reading.sizes import fits_entry, scaled

#: «балкон, собственник, до 50 тысяч»: alone in its clause it states who should offer the home.
_OWNER_ALONE = re.compile(
    r"(?:^|[,;.!?\n(])[^\S\n]*(?:(?:нужен|нужны|интересует|интересуют)\s+)?(?P<must>(?:только|строго|исключительно|обязательно)\s+)?(?P<soft>(?:лучше|желательно)\s+)?"
    r"(собственники?|хозяин|хозяева|хозяйка|owner)(?:\s+сам)?\s*(?=$|[,;.!?\n)])",
    re.IGNORECASE,
)
#: What may stand between a lift and the low floor that makes it unnecessary.
_OR = re.compile(r"[\s,]*(?:или|либо|or)\s+(?:\w+\s+){0,2}", re.IGNORECASE)
#: What makes it enough that a deposit is paid in parts: «без залога или в рассрочку».
_OR_IN_PARTS = re.compile(r"[\s,]*(?:или|либо)\s+(?:\w{1,2}\s+)?(?:рассроч|част|разби)", re.IGNORECASE)
#: Floors for which a lift is required: «выше третьего только с лифтом», «лифт обязателен выше 3 этажа».
_LIFT_ABOVE = re.compile(
    r"\bвыше\s+\S+(?:\s+этажа?)?[\s,]*(?:[-–—]\s*)?(?:только|лишь|обязательно|уже|нужен)\s+(?:(?:если|есть|с|нужен)\s+)*лифт"
    r"|\bлифт\w*\s+(?:обязател\w+|нужен|нужно|необходим\w*)?\s*выше\s+\S+",
    re.IGNORECASE,
)
#: Floors that are too high to climb or are not liked.
_NOT_ABOVE = re.compile(
    r"\bвыше\s+[^\s,.;]+(?:\s+этажа?)?(?:\s+без\s+лифта)?\s+не\s+(?:подн|забер|забрат|дойд|дойт|зале|осил|хоч|хот|потян)\w*",
    re.IGNORECASE,
)
_ENDS_OF_HOUSE = frozenset({"first_floor", "last_floor"})
#: Kinds of which people name both answers if either is acceptable.
_OF_EITHER = frozenset({"new_building", "furnished"})
#: Kinds that leads name only to refuse them: «аресты, долги продавца» asks for neither.
_NEVER_WANTED = frozenset({"encumbrance", "minors_registered", "replanned"})
#: How much less than a refused commission will do, in per cent: «с комиссией 100 % не предлагать».
LESS_COMMISSION = 10
_STRENGTHS = ("soft", "wish", "must")


@dataclass(frozen=True, slots=True)
class Wish:
    """
    One thing that a text asks for.

    Attributes:
        kind: The name of a kind of :data:`matching.reading.kinds.KINDS`.
        value: As the kind's ``judge`` accepts it.
        strength: ``must``, ``wish`` or ``soft``.
        start, end: Its words in the text: ``text[start:end]``.
    """

    kind: str
    value: JsonValue
    strength: str
    start: int
    end: int


def read_wishes(text: str) -> list[Wish]:
    """
    The wishes in *text*, in the order of their words.

    There is one per kind, or two if some choices are wanted and others refused.

    Never raises, whatever the text.

    >>> [(wish.kind, wish.value, wish.strength) for wish in read_wishes("кухня от 9 м, балкон обязательно")]
    [('kitchen_area', {'min': 9.0}, 'wish'), ('balcony', True, 'must')]
    """
    tokens, items = mentions(text, "lead")
    cancel_broken_off(tokens, items)
    own_items = [item for item in items if item.role == MENTION]
    wishes: list[Wish] = []
    for item in own_items:
        for entry, value, only_denied, _ in item.meanings:
            read = _value(item, entry, value, only_denied)
            if read is None:
                continue
            strength = item.strength
            kind = entry.kind
            if kind == "metro_walk" and item.transport:
                kind = "metro_transport"
            if (
                item.allowed
                and not entry.of_people
                and not (_is_refused(entry, value) and KIND_OF[kind].implied is None)
            ):
                strength = "soft"
            start, end = tokens.span(*item.span) if item.by else tokens.span(item.start, item.end)
            wishes.append(Wish(kind, read, strength, start, end))
    if (above := _above_refused_floors(tokens, items)) is not None:
        wishes = [*(wish for wish in wishes if wish.kind != "first_floor"), above]
    for name, value, strength, number in free_wishes(tokens, items):
        wishes.append(Wish(name, value, strength, *tokens.span(number.start, number.end)))
    for year, number in ages(tokens, items):
        wishes.append(Wish("year_built", {"min": float(year)}, number.strength, *tokens.span(number.start, number.end)))
    wishes = _floors_of_stairs(text, wishes)
    lower = text.lower()
    names_owner = "собственник" in lower or "хозя" in lower or "owner" in lower
    alone = _OWNER_ALONE.search(text) if names_owner else None
    if alone is not None and not any(wish.kind == "from_owner" and wish.value for wish in wishes):
        strength = "must" if alone["must"] else "soft" if alone["soft"] else "wish"
        wishes.append(Wish("from_owner", True, strength, *alone.span(3)))
    return _merged(_softened(text, _without_alternatives(sorted(wishes, key=lambda wish: wish.start))))


def _floors_of_stairs(text: str, wishes: list[Wish]) -> list[Wish]:
    """*wishes* without the floors that need a lift; «выше второго без лифта не поднимется» asks for no higher floor."""
    if (needs_lift := _LIFT_ABOVE.search(text)) is not None:
        start, end = needs_lift.span()
        return [wish for wish in wishes if wish.kind != "floor" or not start <= wish.start < end]
    if (refused := _NOT_ABOVE.search(text)) is None:
        return wishes
    start, end = refused.span()
    changed = []
    for wish in wishes:
        inside = start <= wish.start < end
        if inside and wish.kind == "floor" and wish.value.keys() == {"min"}:
            changed.append(replace(wish, value={"max": wish.value["min"] - 1}))
        elif not (inside and wish.kind == "lift"):
            changed.append(wish)
    return changed


def _without_alternatives(wishes: list[Wish]) -> list[Wish]:
    """«можно и вторичку, и новостройку», «с мебелью или пустую» ask for neither."""
    stated = {(wish.kind, wish.value, wish.strength) for wish in wishes if wish.kind in _OF_EITHER}
    either = {kind for kind, value, strength in stated if (kind, not value, strength) in stated}
    return [wish for wish in wishes if wish.kind not in either]


def _softened(text: str, wishes: list[Wish]) -> list[Wish]:
    """«лифт или не выше второго»: either will do, so neither is missed where the other is met."""
    for index, (first, second) in enumerate(itertools.pairwise(wishes)):
        either = {first.kind: first.value, second.kind: second.value}
        if either.get("lift") is True and "max" in either.get("floor", ()):
            if _OR.fullmatch(text[first.end : second.start]):
                wishes[index : index + 2] = [replace(first, strength="soft"), replace(second, strength="soft")]
    return [
        replace(wish, strength="soft") if wish.kind == "deposit" and _OR_IN_PARTS.match(text, wish.end) else wish
        for wish in wishes
    ]


def _floors_beside(tokens: Tokens, items: list[Item]) -> Iterator[tuple[int, Item]]:
    """«1, 2 и последний этаж не предлагать»: numbers in one row with a refused first or last floor."""
    for index, item in enumerate(items):
        number = item.quantity
        if item.role != NUMBER or item.taken or number is None or number.how != "eq" or number.unit or number.fraction:
            continue
        after = items[index + 1] if index + 1 < len(items) else None
        if after is not None and after.role == CAN and after.start == item.end:
            continue  # «не первый этаж (второй можно)»
        follows = tokens.tokens[item.end : item.end + 1]
        joined = index and items[index - 1].role == AND and not (follows and follows[0].isalpha())
        for other in items[max(0, index - 1 - joined) : index + 3]:  # «кроме первого и второго»
            gap = max(other.start - item.end, item.start - other.end)
            if other.denied and other.meanings.kinds & _ENDS_OF_HOUSE and gap <= 1 and 2 <= number.low <= 9:
                yield int(number.low), other
                break


def _above_refused_floors(tokens: Tokens, items: list[Item]) -> Wish | None:
    """«1 и 2 этаж исключаем» asks for the third floor and above; «этаж 1 не предлагать» only excludes the first."""
    refused: set[int] = set()
    by: list[Item] = []
    first: list[Item] = []
    for item in items:
        kinds = item.meanings.kinds
        if not item.denied or not kinds & {"floor", "first_floor"}:
            continue
        each = [each for each in (item.quantity, item.other_limit) if each is not None and flipped(each) is None]
        if each and "floor" in kinds:
            refused |= set(range(int(each[0].low), int(each[-1].high) + 1)) if each[-1].high <= 9 else set()
            by.append(item)
        elif "first_floor" in kinds:
            refused.add(1)
            first.append(item)
    for number, beside in _floors_beside(tokens, items):
        refused.add(number)
        by.append(beside)
    low = next(floor for floor in range(1, 12) if floor not in refused)
    if not by or low == 1:
        return None
    parts = [part for item in (*by, *first) for part in (*item.by, (item.start, item.end))]
    start, end = tokens.span(min(part[0] for part in parts), max(part[1] for part in parts))
    if low == 2:
        return Wish("first_floor", False, by[0].strength, start, end)
    return Wish("floor", {"min": float(low)}, by[0].strength, start, end)


def _is_refused(entry: Entry, value: Any) -> bool:
    """Whether leads mostly name the value in order to refuse it."""
    return entry.refused is True or isinstance(value, str) and entry.refused is not False and value in entry.refused


def _value(item: Item, entry: Entry, value: Any, only_denied: bool) -> JsonValue | None:
    denial_is_silent = entry.of_people or entry.silent_denial or entry.hint
    silenced = denial_is_silent and item.denied and value is not False
    if item.cancelled or only_denied and not item.denied or silenced:
        return None
    kind = KIND_OF.get(entry.kind)
    if kind is None or value is None:
        return None
    if item.allowed and _is_only_accepted(item, entry, value, kind):
        return None
    if kind.form == "number" and value is not SUBJECT:
        if only_denied:
            return value
        if item.denied or item.quantity is not None and fits_entry(entry, item.quantity):
            return None
        return value if isinstance(value, dict) else {"min": value, "max": value}
    if kind.form == "number":
        return _limits_of_number(item, entry)
    if value is SUBJECT:
        return None
    if kind.form == "flag":
        wanted = bool(value) is not item.denied
        return None if wanted and kind.name in _NEVER_WANTED else wanted
    if isinstance(value, dict):
        return None if item.denied else value
    words = [value] if isinstance(value, str) else list(value)
    if not words and item.denied:
        return {"none_of": list(kind.choices)}
    return {"none_of" if item.denied else "any_of": words or list(kind.choices)}


def _is_only_accepted(item: Item, entry: Entry, value: Any, kind: Kind) -> bool:
    """Whether a permitted value is accepted, but not asked for."""
    if entry.kind == "prepayment" or entry.kind == "house_floors" and value is not SUBJECT:
        return True  # «готовы оплатить три месяца вперёд», «можно пятиэтажку»
    if isinstance(value, str) and value in entry.worse:
        return True
    if entry.of_people:
        return False
    worse = value is False and kind.name != "new_building"  # «рассмотрю вторичку» is no lesser wish
    # «можно без мебели», «можно первый этаж»
    return item.denied or worse or _is_refused(entry, value) and kind.implied is None


def _limits_of_number(item: Item, entry: Entry) -> JsonValue | None:
    """The limits that the number beside a subject sets; None if it sets none."""
    if item.quantity is None or not fits_entry(entry, item.quantity):
        return {"max": entry.denied} if item.denied and entry.denied is not None else None
    quantity = scaled(entry, item.quantity)
    if quantity.unit == "day":
        return {"max": quantity.high}  # free by then
    if entry.kind == "completion" and quantity.unit != "quarter":
        before = item.quantity.how in (AT_MOST, BELOW) and not item.quantity.inclusive
        last = quantity.high + (-0.25 if before else 0.75)
        return {"max": last}  # «в 2026» is its last quarter, «до 2026» the one before
    if item.denied:
        return _limits_of_denied_number(item, entry, quantity)
    if quantity.fraction and entry.kind in ("floor", "house_floors"):
        stated = quantity.low if entry.kind == "floor" else quantity.high
        return {"min": stated, "max": stated}
    other = limits(item.other_limit, entry.plain_number, entry.strict) if item.other_limit is not None else {}
    return {**other, **limits(quantity, entry.plain_number, entry.strict)}


def _limits_of_denied_number(item: Item, entry: Entry, quantity: Quantity) -> JsonValue | None:
    after = quantity.start >= item.end  # «2 месяца залог не потянем» leaves open how many
    if after and entry.plain_number == "max" and quantity.how == "eq" and quantity.unit == "month" and quantity.low > 1:
        return {"max": quantity.low - 1}  # «без предоплаты за два месяца»
    if entry.kind == "commission" and quantity.how == "eq" and quantity.low > 0:
        return {"max": quantity.low - LESS_COMMISSION}
    opposite = flipped(quantity)
    return None if opposite is None else limits(opposite, entry.plain_number, entry.strict)


def _merged(wishes: list[Wish]) -> list[Wish]:
    """One wish per kind: limits and choices are combined; of two contradictory wishes the stronger or later stays."""
    merged: dict[tuple[str, str], Wish] = {}
    for wish in wishes:
        side = next(iter(wish.value)) if isinstance(wish.value, dict) and KIND_OF[wish.kind].form == "choice" else ""
        key = (wish.kind, side)
        known = merged.get(key)
        merged[key] = wish if known is None else _together(known, wish)
    for kind in {kind for kind, side in merged if side == "none_of"}:
        wanted = merged.get((kind, "any_of"))
        refused = merged[kind, "none_of"]
        if wanted is not None and set(wanted.value["any_of"]) & set(refused.value["none_of"]):
            rest = [word for word in wanted.value["any_of"] if word not in refused.value["none_of"]]
            if rest:
                merged[kind, "any_of"] = Wish(kind, {"any_of": rest}, wanted.strength, wanted.start, wanted.end)
            else:
                del merged[min(((kind, "any_of"), (kind, "none_of")), key=lambda key: merged[key].start)]
        elif (
            wanted is not None
            and wanted.strength != "soft"
            and refused.strength != "must"
            and (not KIND_OF[kind].many or kind == "bath_or_shower")
        ):
            del merged[kind, "none_of"]  # «ванна, не душ»: the wanted choice implies it
    floor, floors = merged.get(("floor", "")), merged.get(("house_floors", ""))
    exact = [each is not None and each.value.get("min") == each.value.get("max") for each in (floor, floors)]
    if floor is not None and floors is not None and all(exact):
        del merged["house_floors", ""]  # «20 этаж 32-этажного дома» asks for a floor
    return list(merged.values())


def _together(known: Wish, wish: Wish) -> Wish:
    strength = max(known.strength, wish.strength, key=_STRENGTHS.index)
    if KIND_OF[known.kind].form == "flag":
        if known.value == wish.value:
            return Wish(known.kind, known.value, strength, known.start, known.end)
        return known if _STRENGTHS.index(known.strength) > _STRENGTHS.index(wish.strength) else wish
    if KIND_OF[known.kind].form == "choice":
        [(side, words)] = known.value.items()
        every = list(dict.fromkeys([*words, *wish.value[side]]))
        return Wish(known.kind, {side: every}, strength, known.start, max(known.end, wish.end))
    value = {**known.value, **wish.value}
    if known.kind == "floor" and wish.strength != "soft" and {"min"} <= known.value.keys() & wish.value.keys():
        value["min"] = max(known.value["min"], wish.value["min"])  # «выше 9 этажа, не первый, со второго»
    if value.get("min", 0) > value.get("max", float("inf")):
        value = wish.value
    return Wish(known.kind, value, strength, known.start, max(known.end, wish.end))
