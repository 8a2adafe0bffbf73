"""Reading whole messages of clients and whole listings: the contracts' fields besides wishes and facts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from matching.reading.amounts import MIN_SALE, Amount, area_of, budget_of, rooms_of
from matching.reading.grammar import MAX_CHARACTERS, mentions
from matching.reading.kinds import KIND_OF
from matching.reading.lead_text import Wish, read_wishes
from matching.reading.listing_text import Fact, read_facts
from matching.reading.places import Place, PlaceLexicon
from matching.reading.station_ways import METRO, ways_to_stations
from matching.reading.text_places import (
    Span,
    blanked,
    is_named_as_station,
    places_in_listing,
    places_in_request,
    street_in,
)
from matching.reading.vocabulary import fold

_RENT = re.compile(
    r"\b(?:посуточ\w*|на сутки|в сутки|/"
    r" ?мес\w*|в мес\w*|сним\w*|снять|аренд\w*|съем\w*|сда(?:м|ю|ет|ем|дим)\w*|rent\w*|lease|жалга\w*"
    r"|прожива\w+ от)\b"
)
_SALE = re.compile(
    r"\b(?:куп(?:лю|ить|им|ил)\w*|покупк\w*|покупа\w*|прода[мюеж]\w*|продать|ипотек\w*|buy\w*|purchase|sale|сатып|сатам\w*|сатыла\w*|маткапитал\w*)\b"
)
#: «студия под сдачу в аренду» is bought.
_FOR_TENANTS = re.compile(r"\bпод (?:посуточ\w+ |краткосроч\w+ )?(?:сдачу|аренду)(?: в аренду| посуточно)?\b")
_TYPES = (
    ("TOWNHOUSE", re.compile(r"\b(?:таунхаус\w*|дуплекс\w*|townhouse|duplex)\b")),
    (
        "HOUSE",
        re.compile(
            r"\b(?:коттедж\w*|(?<!продали )(?<!продаем )дач[ауеи]\b|(?:частный|загородный) дом"
            r"|дом\w* (?:с участком|на участке)|house with"
            r"|cottage)"
            r"|\b\d сот(?:ки|ок)\b|^\W*дом\b(?! \d+ ?(?:г|эт))"
            r"|\b(?:куп\w+|сним\w+|снять|ищ\w+|нужен|прода\w+|сда\w+) (?:\w+ ){0,2}дом\b"
        ),
    ),
    (
        "APARTMENT",
        re.compile(
            r"\b(?:квартир\w*|кв-р\w*|однушк\w*|однешк\w*|двушк\w*|трешк\w*|четырешк\w*|евро\w+шк\w*|студи\w*"
            r"|flat\w*|apartment\b|\w+комнатн\w*|пател?р\w*)"
        ),
    ),
)
_PAYMENTS = (
    (
        "MORTGAGE",
        re.compile(
            r"(?<!не )\bипотек[а-я]*\b(?! не (?:бер|нуж|рассм|план|треб|интерес|подход)| нет\b| емес)"
            r"|(?<!no )\bmortgage\b"
        ),
    ),
    (
        "CASH",
        re.compile(r"\b(?:наличн\w*|нал\b|налик\w*|наличк\w*|кэш\w*|cash|деньги на руках|живые деньги|свои деньги)"),
    ),
    ("EXCHANGE", re.compile(r"\b(?:обмен\w*|размен\w*|exchange|trade-?in|трейд-?ин)\b")),
)
_APPROVED = re.compile(
    r"ипотек\w*[^.,;!?]{0,20}(?:одобрен|есть одобрени)|одобрен\w*[^.,;!?]{0,12}ипотек"
    r"|(?:mortgage|loan) (?:is )?(?:pre-?)?approved|approved mortgage"
)
_CLASSES = (
    ("ELITE", re.compile(r"\b(?:элит\w*|премиум\w*|elite|premium|de ?luxe|люкс\w*)\b")),
    ("BUSINESS", re.compile(r"\bбизнес[\s-]?класс\w*|\bbusiness class")),
    ("COMFORT", re.compile(r"\bкомфорт\+?[\s-]?класс\w*|\bcomfort class")),
    ("ECONOMY", re.compile(r"\bэконом[\s-]?(?:класс\w*|вариант\w*)?\b|\beconomy")),
)
_CONDITIONS = {
    "rough": "ROUGH",
    "pre_finishing": "PRE_FINISHING",
    "cosmetic": "FINISHING",
    "euro": "FINISHING",
    "design": "DESIGN",
}
#: «меняю свою двушку на трёшку»: the first home is not wanted.
_OWN_HOME = re.compile(
    r"\b(?:(?:свою|нашу|мою|своей|нашей|моей)\s(?:\w+\s)?"
    r"|(?:(?:сейчас|пока) снима(?:ем|ю)|жив(?:ем|у) в|переезжаем из|прода(?:ем|ли)) )"
    r"(?:одн|дву|тре|четыр|студи|[1-5]\s?-?\s?(?:х\s?-?\s?)?к)[\w-]*"
)
_NAMED_METRO = re.compile(
    r"(?:\b(?:м|ст|метро|станци\w|metro|station)\.?\s*[«\"]?|[A-Za-z][\w ,]{0,20})$", re.IGNORECASE
)
#: A phone number: not a price.
_PHONE = re.compile(r"(?<![\d.,])(?:\+?7|8)[\s(-]{0,2}\d{3}[\s)-]{0,2}\d{3}[\s-]?\d{2}[\s-]?\d{2}(?!\d)")
_UNREAD_WORDS = frozenset(
    """
    и или а но в во на с со у к ко по из за для до от о об не же бы то это мы я вы он она нам мне вас ищу ищем
    ищет нужна нужен нужно нужны хочу хотим хочет хотят куплю купить сниму снять снимем добрый день
    здравствуйте привет спасибо пожалуйста квартира квартиру квартиры продается продаётся продам сдается
    сдаётся сдам есть будет был чтобы можно очень также еще ещё рядом район районе цена бюджет мес месяц
    стоимость кроме метро станция the a an of for to in is are we i looking need want with and or
    """.split()
)
_WORDS = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")


@dataclass(frozen=True)
class RequestReading:
    """
    What a client's message asks for; fields are None or empty if not stated.

    Attributes:
        town, districts, stations: Canonical names, in the order of the text.
        refused_districts, refused_stations: Those that the text excludes.
        rooms: Ascending; 0 is a studio.
        budget, area: Limits; the budget with its currency.
        deal_type: SALE or RENT.
        property_type: APARTMENT, HOUSE or TOWNHOUSE.
        property_class, condition: As in the exchange contract.
        payment_method: CASH, MORTGAGE or EXCHANGE. mortgage_approved: True if the text states so.
        wishes: As :func:`read_wishes` returns them.
        spans: Field to the places in the text from which it was read; "refused_towns" are towns that are not wanted.
        unread: Sequences of words from which nothing was read.
    """

    town: str | None = None
    districts: list[str] = field(default_factory=list)
    stations: list[str] = field(default_factory=list)
    refused_districts: list[str] = field(default_factory=list)
    refused_stations: list[str] = field(default_factory=list)
    rooms: list[int] = field(default_factory=list)
    budget: Amount | None = None
    area: Amount | None = None
    deal_type: str | None = None
    property_type: str | None = None
    property_class: str | None = None
    condition: str | None = None
    payment_method: str | None = None
    mortgage_approved: bool = False
    wishes: list[Wish] = field(default_factory=list)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    unread: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class ListingReading:
    """What a listing's text states; the fields are those of :class:`RequestReading`, with one value each."""

    town: str | None = None
    district: str | None = None
    station: str | None = None
    street: str | None = None
    house_number: str | None = None
    rooms: int | None = None
    area: float | None = None
    floor: int | None = None
    total_floors: int | None = None
    year_built: int | None = None
    price: float | None = None
    currency: str | None = None
    deal_type: str | None = None
    property_type: str | None = None
    condition: str | None = None
    facts: list[Fact] = field(default_factory=list)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    unread: list[Span] = field(default_factory=list)


def read_request(text: str, lexicon: PlaceLexicon) -> RequestReading:
    """Read a client's whole message. Never raises, whatever the text; a few milliseconds."""
    text = text[:MAX_CHARACTERS]
    places = places_in_request(text, lexicon)
    rest = blanked(text, [*_phones(text), *((place.start, place.end) for place in places)])
    folded = _folded(rest)
    tokens, items = mentions(rest, "lead")
    spans: dict[str, list[Span]] = {}
    rooms, spans["rooms"] = rooms_of(_OWN_HOME.sub(lambda match: " " * len(match[0]), folded))
    # A studio is requested by rooms = 0; as a wish it would also refuse the one-room flats that are requested.
    wishes = [wish for wish in read_wishes(rest) if not (wish.kind == "studio" and wish.value is True and 0 in rooms)]
    wishes += ways_to_stations(rest, places, wishes)
    budget, area = budget_of(tokens, items) or _bare_budget(folded), area_of(tokens, items)
    deal_type = _deal_type(folded, budget, spans)
    if deal_type == "SALE":  # «купим с мужем двушку» states who buys, not who must be allowed to live there
        wishes = [wish for wish in wishes if KIND_OF[wish.kind].group != "tenants"]
    if area is not None and area.low == area.high:
        area = replace(area, high=None)  # «80 метров» asks for no less
    for name, amount in (("budget", budget), ("area", area)):
        if amount is not None:
            spans[name] = [(amount.start, amount.end)]
    for place in places:
        spans.setdefault(f"{'refused_' * place.denied}{place.kind}s", []).append((place.start, place.end))
    approved = _APPROVED.search(folded)
    return RequestReading(
        town=next((place.name for place in places if place.kind == "town" and not place.denied), None),
        districts=_names(places, "district", denied=False),
        stations=_names(places, "station", denied=False),
        refused_districts=_names(places, "district", denied=True),
        refused_stations=_names(places, "station", denied=True),
        rooms=rooms,
        budget=budget,
        area=area,
        deal_type=deal_type,
        property_type=_first("property_type", _TYPES, folded, spans) or ("APARTMENT" if rooms else None),
        property_class=_first("property_class", _CLASSES, folded, spans),
        condition=next(
            (
                _CONDITIONS[wish.value["any_of"][0]]
                for wish in wishes
                if wish.kind == "renovation" and len(wish.value.get("any_of", ())) == 1
            ),
            None,
        ),
        payment_method=_first("payment_method", _PAYMENTS, folded, spans),
        mortgage_approved=approved is not None and not re.search(r"\bне\b", approved[0]),
        wishes=wishes,
        spans={name: where for name, where in spans.items() if where},
        unread=_unread(
            text, [*(span for where in spans.values() for span in where), *((wish.start, wish.end) for wish in wishes)]
        ),
    )


def read_listing(text: str, lexicon: PlaceLexicon) -> ListingReading:
    """Read a listing's whole text. Never raises, whatever the text; a few milliseconds."""
    text = text[:MAX_CHARACTERS]
    street = street_in(text)
    spans: dict[str, list[Span]] = {"street": [street.span]} if street is not None else {}
    places = places_in_listing(text, lexicon)
    rest = blanked(text, [*_phones(text), *spans.get("street", ()), *((place.start, place.end) for place in places)])
    for place in places:  # «Таганская, 4 минуты пешком» is the way to the metro
        width = place.end - place.start
        if place.kind == "station" and width >= len(METRO) and not _NAMED_METRO.search(rest[: place.start]):
            rest = rest[: place.start] + METRO.ljust(width) + rest[place.end :]
    folded = _folded(rest)
    tokens, items = mentions(rest, "listing")
    rooms, spans["rooms"] = rooms_of(folded)
    if len(rooms) > 1:  # «меняю трёшку на две однушки»: the home named first is offered
        start, end = min(spans["rooms"])
        rooms = rooms_of(folded[start:end])[0] or rooms
    facts = read_facts(rest)
    price, area = budget_of(tokens, items), area_of(tokens, items)
    for name, amount in (("price", price), ("area", area)):
        if amount is not None:
            spans[name] = [(amount.start, amount.end)]
    for place in places:
        spans.setdefault(place.kind, []).append((place.start, place.end))
    stated = {fact.kind: fact.value for fact in facts}

    def whole(kind: str) -> int | None:
        return int(stated[kind]) if kind in stated else None

    return ListingReading(
        town=next(iter(_names(places, "town", denied=False)), None),
        district=next(iter(_names(places, "district", denied=False)), None),
        station=_station(text, places),
        street=street.name if street is not None else None,
        house_number=street.house_number if street is not None else None,
        rooms=rooms[0] if rooms and not stated.get("room") else None,
        area=area.low if area is not None else None,
        floor=whole("floor"),
        total_floors=whole("house_floors"),
        year_built=whole("year_built"),
        price=(price.high or price.low) if price is not None else None,
        currency=(price.currency or None) if price is not None else None,
        deal_type=_deal_type(folded, price, spans),
        property_type=(
            "APARTMENTS"
            if stated.get("apartments")
            else _first("property_type", _TYPES, folded, spans) or ("APARTMENT" if rooms else None)
        ),
        condition=_CONDITIONS.get(str(stated.get("renovation"))),
        facts=facts,
        spans={name: where for name, where in spans.items() if where},
        unread=_unread(
            text, [*(span for where in spans.values() for span in where), *((fact.start, fact.end) for fact in facts)]
        ),
    )


#: «сниму до 60», «куплю до 13,5»: thousands a month, or millions.
_BARE_BUDGET = re.compile(r"\b(?:до|бюджет|не дороже|максимум)\s(\d{1,3}(?:[.,]\d{1,2})?)(?=\s*(?:[,.;!\n]\s|\+ ?к|$))")
_MIN_RENT, _MAX_MILLIONS = 5.0, 300.0


def _bare_budget(folded: str) -> Amount | None:
    """The budget of a message whose price has no unit, if its words state whether the client rents or buys."""
    match, rents = _BARE_BUDGET.search(folded), _RENT.search(folded) is not None
    if match is None or not (rents or _SALE.search(folded)):
        return None
    amount = float(match[1].replace(",", "."))
    if rents and amount < _MIN_RENT or not rents and amount > _MAX_MILLIONS:
        return None
    return Amount(None, amount * (1e3 if rents else 1e6), "", match.start(1), match.end(1))


def _folded(text: str) -> str:
    """As :func:`fold`, of the same length as *text*."""
    folded = fold(text)
    return folded if len(folded) == len(text) else text.lower() if len(text.lower()) == len(text) else text


def _phones(text: str) -> list[Span]:
    return [match.span() for match in _PHONE.finditer(text)]


def _station(text: str, places: Sequence[Place]) -> str | None:
    """The first station that is named as one, or else the first: «вид на Воробьёвы горы, метро Раменки»."""
    stations = [place for place in places if place.kind == "station" and not place.denied]
    as_station = (place for place in stations if is_named_as_station(text, place.start))
    return next((place.name for place in (*as_station, *stations)), None)


def _names(places: Sequence[Place], kind: str, *, denied: bool) -> list[str]:
    return list(dict.fromkeys(place.name for place in places if place.kind == kind and place.denied is denied))


def _first(
    name: str, table: Sequence[tuple[str, re.Pattern[str]]], folded: str, spans: dict[str, list[Span]]
) -> str | None:
    for word, pattern in table:
        match = pattern.search(folded)
        if match is not None:
            spans.setdefault(name, []).append(match.span())
            return word
    return None


def _deal_type(folded: str, budget: Amount | None, spans: dict[str, list[Span]]) -> str | None:
    folded = _FOR_TENANTS.sub(lambda match: " " * len(match[0]), folded)
    deals = (("RENT", _RENT), ("SALE", _SALE))
    rent, sale = (pattern.search(folded) for _, pattern in deals)
    is_sale = rent is not None and sale is not None and sale[0].startswith("куп") and sale.start() < rent.start()
    deal = _first("deal_type", deals[::-1] if is_sale else deals, folded, spans)
    if deal is None and budget is not None:
        maximum = budget.high or budget.low or 0
        return "SALE" if maximum >= MIN_SALE[budget.currency or "RUB"] else "RENT"
    return deal


def _unread(text: str, read: Sequence[Span]) -> list[Span]:
    """Sequences of words outside *read*, divided at marks, with significant words at both ends."""
    rest = blanked(text, read)
    runs: list[Span] = []
    for clause in re.finditer(r"[^,.;:!?\n()]+", rest):
        words = list(_WORDS.finditer(clause[0]))
        significant = [word for word in words if word[0].lower() not in _UNREAD_WORDS and len(word[0]) > 1]
        if significant:
            runs.append((clause.start() + significant[0].start(), clause.start() + significant[-1].end()))
    return runs
