"""Numbers without a word for what they count whose meaning is clear: a year, a quarter, a date, a strict price."""

import re
from collections.abc import Sequence

from matching.reading import markers
from matching.reading.bare_numbers import (
    cut_year,
    floor_with_walls,
    is_floor_among_facts,
    is_floor_of_house,
    is_listed_year,
    is_year,
    is_year_of_house,
    may_be_long,
    refusal_behind,
)
from matching.reading.clauses import has_term_of_its_own
from matching.reading.deposit_amounts import months_of_amount, share_of_month
from matching.reading.free_floors import is_floor, is_floor_stated, named_floors
from matching.reading.kind import JsonValue
from matching.reading.limit_words import ABOVE, AT_LEAST, AT_MOST, BELOW
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.quantities import Quantity, flipped, limits
from matching.reading.single_numbers import BY_METRO, DASHES, is_word
from matching.reading.sizes import quarter_of

#: The most items in a row of numbers and the words that join them.
LONGEST_ROW = 8
_IN_ROWS = frozenset({NUMBER, markers.AND})
#: Roubles; a smaller number is not a price.
MIN_PRICE = 5_000
_OTHER_SUMS = frozenset({"комиссия", "залог", "депозит", "взнос", "доплата", "предоплата", "вознаграждение"})
_HARD_LIMITS = frozenset("строгий строго точно категорически не ни максимум макс максимально max maximum no".split())
_LIMITED = frozenset({"жесткий", "ограничить", "ограниченный", "лимит", "потолок", "предел"})
_COMPLETED = frozenset({"completion", "handed_over", "new_building"})
_FLOOR_AND_WALLS = ("floor", "house_floors", "material")
_ENDS_OF_CLAUSES = frozenset(",;.!?\n-–—•")
_SPANS = frozenset({"срок", "период"})
_LETS = ("сдать", "сдавать", "сдаваться")
CURRENCIES_OF_ROUBLES = frozenset({"", "руб", "рубль", "р", "₽", "rub", "rubles"})


def free_wishes(tokens: Tokens, items: Sequence[Item]) -> list[tuple[str, JsonValue, str, Item]]:
    """``(kind, value, strength, number's item)`` for the numbers that belong to no mention, in a lead's text."""
    wishes: list[tuple[str, JsonValue, str, Item]] = []
    for index, item in enumerate(items):
        quantity = item.quantity
        if item.role != NUMBER or item.taken or item.cancelled or quantity is None:
            continue
        strength = _strength_near(items, index)
        if quantity.fraction and (denial := _denial_of(items, index)) is not None:
            strength = "must" if denial == markers.REFUSE else "wish"
            wishes += [(name, False, strength, item) for name in _ends_of_house(quantity)]
            continue
        if (refusal := refusal_behind(items, index)) is not None:
            quantity = flipped(quantity)
            if quantity is None:
                continue
            strength = refusal
        floors = named_floors(tokens, items, index)
        if (deposit := share_of_month(items, index)) is not None:
            wishes.append(("deposit", {"max": deposit}, strength, item))
        elif floors is not None and not is_floor_stated(items):
            wishes.append(("floor", limits(floors, "exact", 1), strength, item))
        elif quantity.unit in ("", "year") and is_year(quantity) and quantity.how != "eq":
            wishes.append(("year_built", _limits(quantity), strength, item))
        elif quantity.unit == "quarter":
            wishes.append(("completion", {"max": quantity.high}, strength, item))
        elif (way := _way_to_metro(tokens, quantity)) is not None:
            wishes.append((way, {"max": quantity.high}, strength, item))
        elif quantity.unit == "day" and (_ends_a_stay(tokens, items, index) or _ends_a_term(tokens, quantity)):
            wishes.append(("rent_term", {"any_of": ["months"]}, strength, item))
        elif quantity.unit == "day" and quantity.how == "eq" and _ends_a_stay(tokens, items, index + 1):
            continue  # «июнь-август»
        elif quantity.unit == "day" and quantity.how in (AT_LEAST, AT_MOST, "eq"):
            wishes.append(("move_in", {"max": quantity.high}, strength, item))
        elif (term := _term(tokens, items, index)) is not None:
            terms = ["months", "long"] if quantity.unit == "month" and may_be_long(tokens, quantity) else [term]
            wishes.append(("rent_term", {"any_of": terms}, strength, item))
        elif not quantity.unit and is_floor(tokens, quantity) and not is_floor_stated(items):
            wishes.append(("floor", limits(quantity, "exact", 1), strength, item))
        elif quantity.how in (AT_MOST, BELOW, "eq", "range") and _is_hard_price(tokens, items, index, quantity):
            wishes.append(("price_cap", {"max": quantity.high}, "must", item))
    return wishes


def free_facts(tokens: Tokens, items: Sequence[Item]) -> list[tuple[str, JsonValue, Item]]:
    """``(kind, value, number's item)`` for the numbers that belong to no mention, in a listing's text."""
    facts: list[tuple[str, JsonValue, Item]] = []
    floor: Item | None = None
    areas: Item | None = None
    house = deposit = None
    for index, item in enumerate(items):
        if item.role == MENTION:
            kinds = item.meanings.kinds
            if "year_built" in kinds:
                house = item.sentence
            if item.quantity is not None:
                floor = item if item.meanings[0].entry.kind == "floor" else floor
            elif "deposit" in kinds:
                deposit = index
        if item.role != NUMBER or item.taken or item.quantity is None:
            continue
        quantity = item.quantity
        if quantity.third is not None and quantity.low > quantity.high > quantity.third >= 3:  # «54/32/9»
            facts += [("living_area", quantity.high, item), ("kitchen_area", quantity.third, item)]
            areas = item
        elif (share := share_of_month(items, index)) is not None:
            facts.append(("deposit", share, item))  # «50 % залог»
        elif (known := floor_with_walls(tokens, item)) is not None:
            facts += [(name, value, item) for name, value in zip(_FLOOR_AND_WALLS, known, strict=True)]
        elif is_floor_of_house(quantity) and (
            areas is not None and item.clause - areas.clause == 1 or is_floor_among_facts(tokens, items, index)
        ):
            facts += [("floor", quantity.low, item), ("house_floors", quantity.high, item)]  # «78/50/10, 4/14»
        elif (way := _way_to_metro(tokens, quantity)) is not None:
            facts.append((way, quantity.high, item))
        elif quantity.unit == "day" and quantity.third is not None and _is_of_completion(items, index):
            facts.append(("completion", quantity.third + quarter_of(quantity.low), item))
        elif quantity.unit == "day" and (_ends_a_stay(tokens, items, index) or _ends_a_term(tokens, quantity)):
            facts.append(("rent_term", "months", item))
        elif quantity.unit == "day" and quantity.how == AT_MOST and is_word(tokens.words, quantity.start - 1, *_LETS):
            facts.append(("rent_term", "months", item))  # «сдаю до 1 июля»
        elif (term := _term(tokens, items, index)) is not None:
            facts.append(("rent_term", term, item))
        elif (
            quantity.unit in ("year", "")
            and quantity.how == "eq"
            and is_year(quantity)
            and (
                quantity.unit == "year"
                and is_year_of_house(tokens, item, house)
                or is_listed_year(tokens, items, index)
            )
        ):
            facts.append(("year_built", quantity.low, item))
        elif (cut := cut_year(tokens, items, index)) is not None:
            facts.append(("year_built", cut, item))
        elif item.quantity.unit == "quarter":
            facts.append(("completion", item.quantity.low, item))
        elif (end := _end_floor(tokens, items, index)) is not None and item.quantity.unit == "":
            facts.append(("house_floors", item.quantity.low, item))  # «1 этаж из 9»
            if "last_floor" in end.meanings.kinds and not end.denied:
                facts.append(("floor", item.quantity.low, item))
        elif floor is not None and floor.quantity is not None and item.start - max(floor.end, floor.quantity.end) <= 2:
            word = tokens.words[item.start - 1]  # «4-й этаж из 8»
            if word is not None and word.symbol in ("из", "of", "всего") and item.quantity.low >= floor.quantity.low:
                facts.append(("house_floors", item.quantity.low, item))
    if deposit is not None and (months := months_of_amount(items, deposit)) is not None:
        facts.append(("deposit", months, items[deposit]))
    return facts


def _end_floor(tokens: Tokens, items: Sequence[Item], index: int) -> Item | None:
    """The mention of the first or last floor that is followed by «из» and the number *items[index]*."""
    before = items[index - 1] if index else None
    if before is None or before.role != MENTION or before.meanings.kinds.isdisjoint(("first_floor", "last_floor")):
        return None
    follows = items[index].start - before.end == 1 and is_word(tokens.words, before.end, "из", "of")
    return before if follows else None


def _is_of_completion(items: Sequence[Item], index: int) -> bool:
    """«дом сдан в декабре 2024»; «в октябре 2015 года отремонтирована кровля» is not about completion."""
    near = items[max(0, index - 4) : index + 4]
    return any(each.sentence == items[index].sentence and each.meanings.kinds & _COMPLETED for each in near)


def _denial_of(items: Sequence[Item], index: int) -> str | None:
    """The role of the denial of a number that is part of a row of numbers: «9/9 и 1/5 не предлагать»."""
    clause = items[index].clause
    for step, denials in ((1, (markers.REFUSE, markers.ABSENT)), (-1, (markers.NOT, markers.NEVER))):
        i = index + step
        while abs(i - index) < LONGEST_ROW and 0 <= i < len(items) and items[i].role in _IN_ROWS:
            i += step
        if 0 <= i < len(items) and items[i].role in denials and abs(items[i].clause - clause) <= 1:
            return markers.REFUSE if items[i].role == markers.NEVER else items[i].role
    return None


def _ends_of_house(quantity: Quantity) -> list[str]:
    """The ends of a house that «1/5» and «9/9» name."""
    if not is_floor_of_house(quantity):
        return []
    return ["first_floor"] * (quantity.low == 1) + ["last_floor"] * (quantity.low == quantity.high)


def _ends_a_stay(tokens: Tokens, items: Sequence[Item], index: int) -> bool:
    """«с октября по май»: the second date is the end."""
    before = items[index - 1] if 0 < index < len(items) else None
    if (
        before is None
        or before.quantity is None
        or before.quantity.unit != "day"
        or before.clause != items[index].clause
    ):
        return False
    between = {word.symbol for word in tokens.words[before.end : items[index].end] if word is not None}
    return bool(between & {"по", "до", *DASHES})


def _ends_a_term(tokens: Tokens, quantity: Quantity) -> bool:
    """«срок аренды: до конца июня»."""
    return quantity.how == AT_MOST and any(
        is_word(tokens.words, position, *_SPANS, "аренда", "командировка")
        for position in range(quantity.start - 3, quantity.start)
    )


#: Most stations are named by an adjective: «от Домодедовской», «до Удельной».
_STATION = re.compile(r"[А-ЯЁ][а-яё]+(?:[сц]кой|ной|вой)")
_ON_FOOT = frozenset({"пешком", "пеш", "пешочком", "ходьбы", "шагом"})


def _is_walk_to_station(tokens: Tokens, quantity: Quantity) -> bool:
    """«7 мин пешком от Домодедовской», «до Удельной 5 минут пешком»."""
    words, end = tokens.tokens, quantity.end
    if quantity.unit != "min" or words[end : end + 1] and words[end].lower() not in _ON_FOOT:
        return False
    for pair in (words[end + 1 : end + 3], words[max(0, quantity.start - 2) : quantity.start]):
        if len(pair) < 2:
            continue
        preposition, name = pair
        if preposition.lower() in ("от", "до", "к") and _STATION.fullmatch(name):
            return True
    return False


def _way_to_metro(tokens: Tokens, quantity: Quantity) -> str | None:
    """«10 мтп», «7 мп», «5 мт»: abbreviations of realtors that are only used for the minutes to the metro."""
    if _is_walk_to_station(tokens, quantity):
        return "metro_walk"
    if not is_word(tokens.words, quantity.end - 1, *BY_METRO):
        return None
    return "metro_transport" if is_word(tokens.words, quantity.end - 1, "мт") else "metro_walk"


def _term(tokens: Tokens, items: Sequence[Item], index: int) -> str | None:
    """«на 3 месяца», «от 11 месяцев», «на 2 года»: the term of a rent; None if it may be another term."""
    quantity = items[index].quantity
    if quantity is None or has_term_of_its_own(items, index):
        return None
    if is_word(tokens.words, quantity.start - 1, "%", "процент"):
        return None  # «30 % от первого месяца»
    if (
        quantity.unit not in ("month", "year")
        or quantity.high > 60
        and quantity.unit == "month"
        or quantity.high > 10
        and quantity.unit == "year"
    ):
        return None
    before = {word.symbol for word in tokens.words[max(0, quantity.start - 2) : quantity.first] if word is not None}
    before |= {"for"} if is_word(tokens.words, quantity.end - 1, "айга") else set()
    is_let = quantity.how == AT_LEAST and (
        quantity.unit == "month" or is_word(tokens.words, quantity.start - 1, "сдача", "аренда", *_LETS)
    )
    named = tokens.words[max(0, quantity.start - 4) : quantity.first]
    is_let = is_let or _is_term_alone(tokens, quantity)
    is_let = is_let or any(word is not None and word.symbol in _SPANS for word in named)
    if not (before & {"на", "for", "командировка"} or is_let):
        return None
    return "long" if quantity.unit == "year" or quantity.low >= 10 else "months"


def _is_term_alone(tokens: Tokens, quantity: Quantity) -> bool:
    """«, от 1 до 6 месяцев,»: a range of months between marks."""
    before = tokens.tokens[quantity.start - 1] if quantity.start else "."
    after = tokens.tokens[quantity.end] if quantity.end < len(tokens.tokens) else "."
    is_range = quantity.how == "range" and quantity.unit == "month"
    return is_range and before in _ENDS_OF_CLAUSES and after in _ENDS_OF_CLAUSES


def _limits(quantity: Quantity) -> dict[str, float]:
    if quantity.how == "range":
        return {"min": quantity.low, "max": quantity.high}
    return {"min": quantity.low} if quantity.how in (AT_LEAST, ABOVE) else {"max": quantity.high}


def _strength_near(items: Sequence[Item], index: int) -> str:
    """The strength stated by a marker in the number's clause with no mention in between."""
    item = items[index]
    for step in (-1, 1):
        i = index + step
        if items[i : i + 1] and step < 0 and _is_of_other_half(items, index):
            continue  # «лифт обязательно и не выше 9-го»
        while (
            abs(i - index) <= 6 and 0 <= i < len(items) and items[i].clause == item.clause and items[i].role != MENTION
        ):
            if items[i].role in (markers.MUST, markers.NEVER):
                return "must"
            if items[i].role == markers.SOFT:
                return "soft"
            i += step
    return "wish"


def _is_of_other_half(items: Sequence[Item], index: int) -> bool:
    """Whether a mention, a marker and «и» directly precede the number."""
    before = [item.role for item in items[max(0, index - 3) : index]]
    return before == [MENTION, markers.MUST, markers.AND] or before == [MENTION, markers.SOFT, markers.AND]


def _names_budget(tokens: Tokens, quantity: Quantity) -> bool:
    """«бюджет строго 8 млн»."""
    return bool(
        {"бюджет", "цена", "budget"}
        & {token.lower() for token in tokens.tokens[max(0, quantity.start - 3) : quantity.start]}
    )


def _is_hard_price(tokens: Tokens, items: Sequence[Item], index: int, quantity: Quantity) -> bool:
    """«строго до 12 млн», «до 60 тысяч, не больше», «не дороже 60 тысяч»: money with a word for a strict limit."""
    if quantity.unit not in ("money", "") or quantity.high < MIN_PRICE or is_year(quantity) and not quantity.unit:
        return False
    if quantity.currency not in CURRENCIES_OF_ROUBLES:
        return False
    for word in reversed(tokens.words[max(0, quantity.start - 4) : quantity.start]):
        if word is not None and word.symbol in _OTHER_SUMS:
            return False
        if word is not None and word.symbol in ";.":
            break  # «залог за месяц; не дороже 40 тыс.»
    item = items[index]
    if refusal_behind(items, index) == "must":
        return True
    symbols = [word.symbol for word in tokens.words[quantity.start : quantity.first] if word is not None]
    if symbols and symbols[0] in _HARD_LIMITS:
        return True
    ended = [word.symbol for word in tokens.words[quantity.first : quantity.end] if word is not None]
    if ended[-1:] in (["максимум"], ["макс"], ["max"], ["maximum"]):
        return True
    if _strength_near(items, index) == "must" and (quantity.how != "eq" or _names_budget(tokens, quantity)):
        return True
    after = next(
        (word for word in tokens.words[quantity.end : quantity.end + 2] if word is not None and word.symbol != "."),
        None,
    )
    if after is not None and after.symbol in ("потолок", "предел", "край"):
        return True
    before = {word.symbol for word in tokens.words[max(0, quantity.start - 3) : quantity.start] if word is not None}
    if before & _LIMITED or tokens.tokens[max(0, quantity.start - 2)].lower().startswith("максимальн"):
        return True
    for other in items[index + 1 : index + 3]:
        if other.role == markers.CAP and other.sentence == item.sentence and other.clause - item.clause <= 1:
            return other.start - item.end <= 6
    return False
