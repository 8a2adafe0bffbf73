"""Numbers that speak for themselves: a year, a quarter, a date or a hard price needs no word for what it counts."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.clauses import has_term_of_its_own
from matching.reading.kind import JsonValue
from matching.reading.kinds import KINDS
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.quantities import ABOVE, AT_LEAST, AT_MOST, BELOW, Quantity, flipped, limits
from matching.reading.single_numbers import BY_METRO, DASHES, is_word

#: Roubles; less is no price.
MIN_PRICE = 5_000
_OTHER_SUMS = frozenset({"комиссия", "залог", "депозит", "взнос", "доплата", "предоплата", "вознаграждение"})
_HARD_LIMITS = frozenset("строгий строго точно категорически не ни максимум макс максимально max maximum no".split())
_LIMITED = frozenset({"жесткий", "ограничить", "ограниченный", "лимит", "потолок", "предел"})
#: Beside these «5/9» is a floor.
_OF_A_HOME = frozenset(kind.name for kind in KINDS if kind.group in ("plan", "house"))
CURRENCIES_OF_ROUBLES = frozenset({"", "руб", "рубль", "р", "₽", "rub", "rubles"})


def free_wishes(tokens: Tokens, items: Sequence[Item]) -> list[tuple[str, JsonValue, str, Item]]:
    """``(kind, value, strength, its number)`` of the numbers that no mention has taken, in a lead's text."""
    wishes: list[tuple[str, JsonValue, str, Item]] = []
    for place, item in enumerate(items):
        quantity = item.quantity
        if item.role != NUMBER or item.taken or quantity is None:
            continue
        strength = _strength_near(items, place)
        if _is_refused(items, place):
            quantity = flipped(quantity)
            if quantity is None:
                continue
            strength = "must"
        if quantity.unit in ("", "year") and _is_year(quantity) and quantity.how != "eq":
            wishes.append(("year_built", _limits(quantity), strength, item))
        elif quantity.unit == "quarter":
            wishes.append(("completion", {"max": quantity.high}, strength, item))
        elif (way := _way_to_metro(tokens, quantity)) is not None:
            wishes.append((way, {"max": quantity.high}, strength, item))
        elif quantity.unit == "day" and _ends_a_stay(tokens, items, place):
            wishes.append(("rent_term", {"any_of": ["months"]}, strength, item))
        elif quantity.unit == "day" and quantity.how == "eq" and _ends_a_stay(tokens, items, place + 1):
            continue  # «июнь-август»
        elif quantity.unit == "day" and quantity.how in (AT_LEAST, AT_MOST, "eq"):
            wishes.append(("move_in", {"max": quantity.high}, strength, item))
        elif (term := _term(tokens, items, place)) is not None:
            terms = ["months", "long"] if quantity.unit == "month" and 10 <= quantity.high <= 11 else [term]
            wishes.append(("rent_term", {"any_of": terms}, strength, item))
        elif not quantity.unit and _is_floor(tokens, quantity) and not _floor_is_told(items):
            wishes.append(("floor", limits(quantity, "exact", 1), strength, item))
        elif quantity.how in (AT_MOST, BELOW, "eq") and _is_hard_price(tokens, items, place, quantity):
            wishes.append(("price_cap", {"max": quantity.high}, "must", item))
    return wishes


def free_facts(tokens: Tokens, items: Sequence[Item]) -> list[tuple[str, JsonValue, Item]]:
    """``(kind, value, its number)`` of the numbers that no mention has taken, in a listing's text."""
    facts: list[tuple[str, JsonValue, Item]] = []
    floor: Item | None = None
    areas: Item | None = None
    for place, item in enumerate(items):
        if item.role == MENTION and item.quantity is not None and item.meanings[0].entry.kind == "floor":
            floor = item
        if item.role != NUMBER or item.taken or item.quantity is None:
            continue
        quantity = item.quantity
        if quantity.third is not None and quantity.low > quantity.high > quantity.third >= 3:  # «54/32/9»
            facts += [("living_area", quantity.high, item), ("kitchen_area", quantity.third, item)]
            areas = item
        elif _is_floor_of_house(quantity) and (
            areas is not None and item.clause - areas.clause == 1 or _stands_among_facts(tokens, items, place)
        ):
            facts += [("floor", quantity.low, item), ("house_floors", quantity.high, item)]  # «78/50/10, 4/14»
        elif (way := _way_to_metro(tokens, quantity)) is not None:
            facts.append((way, quantity.high, item))
        elif quantity.unit == "day" and _ends_a_stay(tokens, items, place):
            facts.append(("rent_term", "months", item))
        elif (term := _term(tokens, items, place)) is not None:
            facts.append(("rent_term", term, item))
        elif (
            quantity.unit == "year"
            and quantity.how == "eq"
            and _is_year(quantity)
            and _house_in_sentence(tokens, items, item)
        ):
            facts.append(("year_built", quantity.low, item))
        elif item.quantity.unit == "quarter":
            facts.append(("completion", item.quantity.low, item))
        elif floor is not None and floor.quantity is not None and item.start - max(floor.end, floor.quantity.end) <= 2:
            word = tokens.words[item.start - 1]  # «4-й этаж из 8»
            if word is not None and word.symbol in ("из", "of") and item.quantity.low >= floor.quantity.low:
                facts.append(("house_floors", item.quantity.low, item))
    return facts


def _is_refused(items: Sequence[Item], place: int) -> bool:
    """«дороже 60 тысяч не предлагать»."""
    after = items[place + 1] if place + 1 < len(items) else None
    return after is not None and after.role == markers.REFUSE and after.clause == items[place].clause


def _ends_a_stay(tokens: Tokens, items: Sequence[Item], place: int) -> bool:
    """«с октября по май»: the second date is the end."""
    before = items[place - 1] if 0 < place < len(items) else None
    if (
        before is None
        or before.quantity is None
        or before.quantity.unit != "day"
        or before.clause != items[place].clause
    ):
        return False
    between = {word.symbol for word in tokens.words[before.end : items[place].end] if word is not None}
    return bool(between & {"по", "до", *DASHES})


def _way_to_metro(tokens: Tokens, quantity: Quantity) -> str | None:
    """«10 мтп», «7 мп», «5 мт»: realtors count so the minutes to the metro, and to nothing else."""
    if not is_word(tokens.words, quantity.end - 1, *BY_METRO):
        return None
    return "metro_transport" if is_word(tokens.words, quantity.end - 1, "мт") else "metro_walk"


def _term(tokens: Tokens, items: Sequence[Item], place: int) -> str | None:
    """«на 3 месяца», «от 11 месяцев», «на 2 года»: what the term of a rent is, and of nothing else."""
    quantity = items[place].quantity
    if quantity is None or has_term_of_its_own(items, place):
        return None
    if (
        quantity.unit not in ("month", "year")
        or quantity.high > 60
        and quantity.unit == "month"
        or quantity.high > 10
        and quantity.unit == "year"
    ):
        return None
    before = {word.symbol for word in tokens.words[max(0, quantity.start - 2) : quantity.first] if word is not None}
    if not (before & {"на", "срок", "for"} or quantity.how == AT_LEAST and quantity.unit == "month"):
        return None
    return "long" if quantity.unit == "year" or quantity.low >= 10 else "months"


def _is_floor_of_house(quantity: Quantity) -> bool:
    alone = quantity.fraction and quantity.third is None and not quantity.unit
    return alone and 1 <= quantity.low <= quantity.high <= 90


def _stands_among_facts(tokens: Tokens, items: Sequence[Item], place: int) -> bool:
    """«кирпичный дом, 5/9, лифт»: alone between commas, beside what is told of the house or the home."""
    item = items[place]
    around = tokens.tokens[item.start - 1 : item.start], tokens.tokens[item.end : item.end + 1]
    if any(mark and mark[0] not in ",;.\n()" for mark in around):
        return False
    return any(
        abs(other.clause - item.clause) == 1 and not other.meanings.kinds.isdisjoint(_OF_A_HOME)
        for other in items[max(0, place - 4) : place + 5]
    )


def _house_in_sentence(tokens: Tokens, items: Sequence[Item], item: Item) -> bool:
    if tokens.tokens[item.end : item.end + 2] == [".", "п"]:  # «2018 г.п.»
        return True
    return any(
        other.sentence == item.sentence
        and other.start < item.start
        and any(meaning.entry.kind == "year_built" for meaning in other.meanings)
        for other in items
    )


def _is_year(quantity: Quantity) -> bool:
    return 1900 <= quantity.low <= quantity.high <= 2040 and quantity.low == int(quantity.low)


def _floor_is_told(items: Sequence[Item]) -> bool:
    return any(
        item.quantity is not None and item.role == MENTION and item.meanings[0].entry.kind == "floor" for item in items
    )


def _is_floor(tokens: Tokens, quantity: Quantity) -> bool:
    """«не выше четвёртого»: only floors are high and low, and no more than a number."""
    symbols = {word.symbol for word in tokens.words[quantity.start : quantity.first] if word is not None}
    small = 1 <= quantity.low <= quantity.high <= 60 and quantity.low == int(quantity.low)
    if quantity.low == 1 and quantity.how == AT_LEAST or is_word(tokens.words, quantity.end, "число", "год"):
        return False  # «с 1-го числа»
    return small and (
        bool(symbols & {"выше", "ниже"}) or quantity.ordinal and quantity.how != "eq" and not quantity.fraction
    )


def _limits(quantity: Quantity) -> dict[str, float]:
    if quantity.how == "range":
        return {"min": quantity.low, "max": quantity.high}
    return {"min": quantity.low} if quantity.how in (AT_LEAST, ABOVE) else {"max": quantity.high}


def _strength_near(items: Sequence[Item], place: int) -> str:
    """What a marker in the number's own clause says, where no mention stands between."""
    item = items[place]
    for step in (-1, 1):
        here = place + step
        while (
            abs(here - place) <= 6
            and 0 <= here < len(items)
            and items[here].clause == item.clause
            and items[here].role != MENTION
        ):
            if items[here].role in (markers.MUST, markers.NEVER):
                return "must"
            if items[here].role == markers.SOFT:
                return "soft"
            here += step
    return "wish"


def _names_budget(tokens: Tokens, quantity: Quantity) -> bool:
    """«бюджет строго 8 млн»."""
    return bool(
        {"бюджет", "цена", "budget"}
        & {token.lower() for token in tokens.tokens[max(0, quantity.start - 3) : quantity.start]}
    )


def _is_hard_price(tokens: Tokens, items: Sequence[Item], place: int, quantity: Quantity) -> bool:
    """«строго до 12 млн», «до 60 тысяч, не больше», «не дороже 60 тысяч»: money, and a word that it is the end."""
    if quantity.unit not in ("money", "") or quantity.high < MIN_PRICE or _is_year(quantity) and not quantity.unit:
        return False
    if quantity.currency not in CURRENCIES_OF_ROUBLES:
        return False
    preceding = tokens.words[max(0, quantity.start - 4) : quantity.start]
    if any(word is not None and word.symbol in _OTHER_SUMS for word in preceding):
        return False
    item = items[place]
    if _is_refused(items, place):
        return True
    symbols = [word.symbol for word in tokens.words[quantity.start : quantity.first] if word is not None]
    if symbols and symbols[0] in _HARD_LIMITS:
        return True
    ended = [word.symbol for word in tokens.words[quantity.first : quantity.end] if word is not None]
    if ended[-1:] in (["максимум"], ["макс"], ["max"], ["maximum"]):
        return True
    if _strength_near(items, place) == "must" and (quantity.how != "eq" or _names_budget(tokens, quantity)):
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
    for other in items[place + 1 : place + 3]:
        if other.role == markers.CAP and other.sentence == item.sentence and other.clause - item.clause <= 1:
            return other.start - item.end <= 6
    return False
