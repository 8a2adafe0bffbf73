"""The facts of a listing's description."""

import re
from dataclasses import dataclass
from typing import Any

from matching.reading.counted import fits_entry, scaled
from matching.reading.defaults import free_facts
from matching.reading.entry import Entry
from matching.reading.grammar import mentions
from matching.reading.kind import JsonValue
from matching.reading.kinds import KIND_OF
from matching.reading.mentions import MENTION, SUBJECT, Item

#: «комната 18 м в трёхкомнатной квартире»
_ROOM_OF_FLAT = re.compile(
    r"\bкомнат[ау]\b[^.!?\n]{0,60}?\bв\s+(?:[2-9]\s?-?\s?(?:х\s?-?\s?)?к|двухкомн|тр[её]хкомн|четыр[её]хкомн|пятикомн|коммун)",
    re.IGNORECASE,
)
#: «Собственник.» as a sentence says who offers the home; within one it says nothing.
_OWNER_ALONE = re.compile(
    r"(?:^|[.!?\n])[^\S\n]*(собственник|хозяин|хозяйка)\s*(?:[.!\n]|$|,\s*(?:без\s|сда|прод))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One thing that a text tells of a property.

    Attributes:
        kind: The name of a kind of :data:`matching.reading.kinds.KINDS`.
        value: As the kind's ``answer_of`` takes it.
        start, end: Its words in the text: ``text[start:end]``.
    """

    kind: str
    value: JsonValue
    start: int
    end: int


def read_facts(text: str) -> list[Fact]:
    """
    The facts in *text*, one of a kind, in the order of their words. Never raises, whatever the text.

    >>> [(fact.kind, fact.value) for fact in read_facts("Кухня 12 м², лифта нет, можно с кошкой.")]
    [('kitchen_area', 12.0), ('lift', False), ('cats', True)]
    """
    tokens, items = mentions(text, "listing")
    own_items = [item for item in items if item.role == MENTION]
    facts: dict[str, Fact] = {}
    denied_kinds: set[str] = set()
    for item in own_items:
        if item.cancelled:
            continue
        for entry, value, only_denied, _ in item.meanings:
            if only_denied and not item.denied:
                continue
            for kind, read in _values(item, entry, value):
                parts = [*item.by, (item.start, item.end)]
                start, end = tokens.span(min(part[0] for part in parts), max(part[1] for part in parts))
                fact = Fact(kind, read, start, end)
                known = facts.get(kind)
                facts[kind] = fact if known is None else _together(known, fact, kind in denied_kinds, item.denied)
                if item.denied:
                    denied_kinds.add(kind)
    for name, told, number in free_facts(tokens, items):
        facts.setdefault(name, Fact(name, told, *tokens.span(number.start, number.end)))
    if "омнат" in text and "room" not in facts and (part := _ROOM_OF_FLAT.search(text)) is not None:
        facts["room"] = Fact("room", True, *part.span())
    if "from_owner" not in facts and _may_name_owner(text) and (alone := _OWNER_ALONE.search(text)) is not None:
        facts["from_owner"] = Fact("from_owner", True, alone.start(1), alone.end(1))
    return list(facts.values())


def _may_name_owner(text: str) -> bool:
    """Whether :data:`_OWNER_ALONE` may match: asking for its words costs a tenth of looking at every line."""
    # In small letters or in capitals: to lower a whole text costs more than to look for four words.
    return "обственник" in text or "озя" in text or "ОБСТВЕННИК" in text or "ОЗЯ" in text


def _values(item: Item, entry: Entry, value: Any) -> list[tuple[str, JsonValue]]:
    kind = KIND_OF.get(entry.kind)
    if kind is None or value is None or item.denied and entry.hint:
        return []
    if kind.form == "number":
        quantity = item.quantity
        if value is not SUBJECT:
            if quantity is not None and fits_entry(entry, quantity):
                return []
            return [] if item.denied or isinstance(value, dict) else [(kind.name, value)]
        if quantity is None or not fits_entry(entry, quantity):
            return [(kind.name, entry.denied)] if item.denied and entry.denied is not None else []
        if item.denied:
            return []
        quantity = scaled(entry, quantity)
        name = "metro_transport" if kind.name == "metro_walk" and item.transport else kind.name
        if quantity.fraction:
            return [("floor", quantity.low), ("house_floors", quantity.high)] if quantity.low <= quantity.high else []
        if entry.meant == "max" and item.other_limit is not None:
            return [(name, min(quantity.low, item.other_limit.low))]  # «две станции: 8 и 14 минут»
        told = quantity.low if entry.meant != "max" or quantity.how != "range" else quantity.high
        return [(name, told)]
    if value is SUBJECT:
        return []
    if kind.form == "flag":
        return [(kind.name, bool(value) is not item.denied)]
    words = [value] if isinstance(value, str) else list(value)
    if kind.many:
        if item.denied:
            return [(kind.name, [])] if entry.denied is not None else []
        return [(kind.name, words or [kind.choices[0]])]
    if item.denied:
        others = [word for word in kind.choices if word not in words]
        return [(kind.name, others[0])] if len(kind.choices) == 2 else []
    if item.allowed and words[0] == "daily":
        return []  # «можно посуточно»: not only so
    return [(kind.name, words[0])]


def _together(known: Fact, fact: Fact, known_denied: bool, denied: bool) -> Fact:
    """Of a flag, a denial is the more deliberate; choices that may hold together do; otherwise the first stays."""
    kind = KIND_OF[known.kind]
    if known.kind == "balcony" and known.value:
        return known  # «лоджия есть, балкона нет»
    if kind.form == "flag" and denied and not known_denied:
        return fact
    if known.kind == "rent_term" and known.value == "daily":
        return fact  # let by the day too; not only so
    if known.kind == "rooms_layout" and {known.value, fact.value} == {"isolated", "adjoining"}:
        return Fact(known.kind, "mixed", known.start, max(known.end, fact.end))
    if kind.many and fact.value and known.value:
        return Fact(known.kind, list(dict.fromkeys([*known.value, *fact.value])), known.start, max(known.end, fact.end))
    return known
