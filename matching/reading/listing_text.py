"""The facts of a listing's description."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matching.reading.defaults import free_facts
from matching.reading.entry import Entry
from matching.reading.grammar import mentions
from matching.reading.kind import JsonValue
from matching.reading.kinds import KIND_OF
from matching.reading.mentions import MENTION, SUBJECT, Item, Tokens
from matching.reading.sizes import fits_entry, scaled

#: «комната 18 м в трёхкомнатной квартире»
_ROOM_OF_FLAT = re.compile(
    r"\bкомнат[ау]\b(?:кв\.|[^.!?\n]){0,60}?\bв\s+(?:[2-9]\s?-?\s?(?:х\s?-?\s?)?к|двухкомн|тр[её]хкомн|четыр[её]хкомн|пятикомн|коммун)",
    re.IGNORECASE,
)
#: «Уютная комната 15 кв.м» at the beginning states what is offered; «Светлая комната и большая кухня» describes a flat.
_ROOM_OFFERED = re.compile(
    r"\W*(?:(?!ванн|втор|перв|друг|гардеробн|детск|кладов|тех|игров|котельн|проходн|смежн|жил)[а-яё-]+[ая]я[\s,]+(?:и\s+)?){1,3}комната\b"
    r"(?!\s+и\b)(?![^.!?\n]*\bкухн)",
    re.IGNORECASE,
)
#: «Собственник.» as a whole sentence or part of a list states who offers the home; inside a sentence it states nothing.
_OWNER_ALONE = re.compile(
    r"(?:^|[.!?\n(])[^\w\n]*(собственник|хозяин|хозяйка)\s*(?:[.!\n;)]|$|,\s*(?:без\s|сда|прод|кварт|залог|депозит|комис|агент|ри[эе]л|посредник|на\s(?:длит|долг)|надолго))"
    r"|(?:[,;]|\s[-–—])\s*(собственник|хозяин|хозяйка|собств(?=\.?\s*(?:[,;!\n]|$)))\s*(?:[,;!\n]|\.|$)",
    re.IGNORECASE,
)


#: Months; in «залог 5» the number means thousands.
MAX_BARE_DEPOSIT = 3
#: Services in the house, not in the home: «прачечная на первом этаже».
_SERVICE = re.compile(
    r"(?:прачечн|кофейн|салон|лобби|рес+епш|консьерж|вахт|офис|банк|почт|стоматолог|коворкинг|спортзал|фитнес|клуб|пекарн"
    r"|парикмахер|магазин|аптек|кафе|супермаркет|сад|ясли|коммерц|колясочн)",
    re.IGNORECASE,
)
_SECOND_LEVEL = re.compile(r"\bна (?:втором\b|2 (?:[-–] )?(?:м |ом )?этаж)", re.IGNORECASE)
#: The largest distance of the second level from «на первом этаже», in tokens.
LEVEL_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One thing that a text states about a property.

    Attributes:
        kind: The name of a kind of :data:`matching.reading.kinds.KINDS`.
        value: As the kind's ``answer_of`` accepts it.
        start, end: Its words in the text: ``text[start:end]``.
    """

    kind: str
    value: JsonValue
    start: int
    end: int


def read_facts(text: str) -> list[Fact]:
    """
    The facts in *text*, one per kind, in the order of their words. Never raises, whatever the text.

    >>> [(fact.kind, fact.value) for fact in read_facts("Кухня 12 м², лифта нет, можно с кошкой.")]
    [('kitchen_area', 12.0), ('lift', False), ('cats', True)]
    """
    tokens, items = mentions(text, "listing")
    own_items = [item for item in items if item.role == MENTION]
    if "перв" in text or "1" in text:
        _cancel_other_floors(tokens, own_items)
    facts: dict[str, Fact] = {}
    denied_kinds: set[str] = set()
    for item in own_items:
        if item.cancelled:
            continue
        for entry, value, only_denied, _ in item.meanings:
            if only_denied and not item.denied:
                continue
            for kind, read in _values(item, entry, value):
                start, end = tokens.span(*item.span) if item.by else tokens.span(item.start, item.end)
                fact = Fact(kind, read, start, end)
                known = facts.get(kind)
                facts[kind] = fact if known is None else _together(known, fact, kind in denied_kinds, item.denied)
                if item.denied:
                    denied_kinds.add(kind)
    for name, stated, number in free_facts(tokens, items):
        facts.setdefault(name, Fact(name, stated, *tokens.span(number.start, number.end)))
    if "омнат" in text and "room" not in facts and (part := _ROOM_OF_FLAT.search(text)) is not None:
        facts["room"] = Fact("room", True, *part.span())
    offers_room = "room" not in facts and ("омната" in text or "ОМНАТА" in text)
    if offers_room and (offered := _ROOM_OFFERED.match(text)) is not None:
        facts["room"] = Fact("room", True, *offered.span())
    if "from_owner" not in facts and _may_name_owner(text) and (alone := _OWNER_ALONE.search(text)) is not None:
        facts["from_owner"] = Fact("from_owner", True, *alone.span(alone.lastindex or 1))
    return list(facts.values())


#: «1 этаж — кухня; 2 этаж — спальни»: levels of one home.
_LEVELS = re.compile(r"\b1[ -](?:й |ый )?этаж\w*\s?[—–:-].{1,300}?\b2[ -](?:й |ой )?этаж\w*\s?[—–:-]", re.DOTALL)


def _cancel_other_floors(tokens: Tokens, own_items: Sequence[Item]) -> None:
    """Cancel floors of «прачечная на первом этаже» and of «на первом этаже кухня, на втором спальни» (two levels)."""
    if ("1 этаж" in tokens.text or "1-й этаж" in tokens.text) and _LEVELS.search(tokens.text) is not None:
        for item in own_items:
            item.cancelled |= not item.meanings.kinds.isdisjoint(("first_floor", "floor"))
        return
    for item in own_items:
        if "first_floor" not in item.meanings.kinds or item.denied or tokens.tokens[item.start - 1].lower() != "на":
            continue
        before = tokens.tokens[max(0, item.start - 4) : item.start - 1]
        before = before[max((i + 1 for i, mark in enumerate(before) if mark in "\n.!;"), default=0) :]
        after = " ".join(tokens.tokens[item.end : item.end + LEVEL_LENGTH])
        is_level = _SECOND_LEVEL.search(after) is not None
        if is_level or any(_SERVICE.match(token) for token in before):
            item.cancelled = True
        for other in own_items if is_level else ():
            if "floor" in other.meanings.kinds and other.quantity is not None and other.quantity.low == 2:
                other.cancelled = True


def _may_name_owner(text: str) -> bool:
    """Whether :data:`_OWNER_ALONE` may match; finding its words costs a tenth of matching every line."""
    # In lower case or capitals: lowering a whole text costs more than searching for four words.
    return "обств" in text or "озя" in text or "ОБСТВ" in text or "ОЗЯ" in text


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
        if item.denied or kind.name == "deposit" and not quantity.unit and quantity.low > MAX_BARE_DEPOSIT:
            return []
        quantity = scaled(entry, quantity)
        name = "metro_transport" if kind.name == "metro_walk" and item.transport else kind.name
        if quantity.fraction:
            return [("floor", quantity.low), ("house_floors", quantity.high)] if quantity.low <= quantity.high else []
        if entry.plain_number == "max" and item.other_limit is not None:
            return [(name, min(quantity.low, item.other_limit.low))]  # «две станции: 8 и 14 минут»
        stated = quantity.low if entry.plain_number != "max" or quantity.how != "range" else quantity.high
        return [(name, stated)]
    if value is SUBJECT:
        return []
    if kind.form == "flag":
        if item.denied and item.allowed and kind.name == "furnished":
            return []  # «можно без мебели»
        return [(kind.name, bool(value) is not item.denied)]
    words = [value] if isinstance(value, str) else list(value)
    if kind.many:
        if item.denied:  # «подземной парковки нет» leaves the yard
            return [(kind.name, [])] if entry.denied is not None and not words else []
        return [(kind.name, words or [kind.choices[0]])]
    if item.denied:
        others = [word for word in kind.choices if word not in words]
        return [(kind.name, others[0])] if len(kind.choices) == 2 else []
    if item.allowed and words[0] == "daily":
        return []  # «можно посуточно»: not only so
    return [(kind.name, words[0])]


def _together(known: Fact, fact: Fact, known_denied: bool, denied: bool) -> Fact:
    """Combine two facts: of a flag, a denial wins; choices that can both be true are joined; else the first stays."""
    kind = KIND_OF[known.kind]
    if known.kind == "balcony":
        return fact if fact.value else known  # «лоджия есть, балкона нет», «балкон: нет, лоджия: 2»
    if known.kind == "free_sale" and not fact.value:
        return fact  # «быстрый выход на сделку» promises less than «альтернатива» states
    if known.kind == "utilities_included" and fact.value and not denied:
        return fact  # «счётчики отдельно, КУ включены»
    if kind.form == "flag" and denied and not known_denied:
        return fact
    if known.kind == "rent_term" and known.value == "daily":
        return fact  # let by the day too; not only so
    if known.kind == "rooms_layout" and {known.value, fact.value} == {"isolated", "adjoining"}:
        return Fact(known.kind, "mixed", known.start, max(known.end, fact.end))
    if kind.many and fact.value and not known.value:
        return fact  # «паркинга нет, есть парковка у дома»
    if kind.many and fact.value and known.value:
        return Fact(known.kind, list(dict.fromkeys([*known.value, *fact.value])), known.start, max(known.end, fact.end))
    return known
