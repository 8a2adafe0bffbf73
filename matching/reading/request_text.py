"""Whole messages of clients and whole listings: the contracts' fields beside wishes and facts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from matching.reading.amounts import MIN_SALE, Amount, area_of, budget_of, rooms_of
from matching.reading.grammar import MAX_CHARACTERS, mentions, vocabulary
from matching.reading.lead_text import Wish, read_wishes
from matching.reading.listing_text import Fact, read_facts
from matching.reading.mentions import cut
from matching.reading.places import Place, PlaceLexicon, find_places
from matching.reading.words import fold

Span = tuple[int, int]

_RENT = re.compile(
    r"\b(?:сним\w*|снять|аренд\w*|съем\w*|сда(?:м|ю|ет|ем|дим)\w*|rent\w*|lease|жалга\w*|прожива\w+ от)\b"
)
_SALE = re.compile(
    r"\b(?:куп(?:лю|ить|им|ил)\w*|покупк\w*|покупа\w*|прода[мюеж]\w*|продать|ипотек\w*|buy\w*|purchase|sale|сатып|сатам\w*|маткапитал\w*)\b"
)
_TYPES = (
    ("TOWNHOUSE", re.compile(r"\b(?:таунхаус\w*|дуплекс\w*|townhouse|duplex)\b")),
    (
        "HOUSE",
        re.compile(
            r"\b(?:коттедж\w*|дач[ауеи]\b|частный дом|загородный дом|дом\w* с участком|house with|cottage)"
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
    ("MORTGAGE", re.compile(r"(?<!не )\bипотек\w*|\bmortgage\b")),
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
_STREET = re.compile(
    r"(?:(?:ул(?:ица|\.)?|улице|просп(?:ект|\.)?|пр-т|пр-кт|пер(?:еулок|\.)?|ш(?:оссе|\.)|наб(?:ережная|\.)?|бул(?:ьвар|\.)?|б-р|проезд|пл(?:ощадь|\.)?)\s+[А-ЯЁA-Z0-9][\w-]*(?:\s[А-ЯЁ][\w-]*){0,2}"
    r"|[А-ЯЁ][\w-]{1,40}(?:\s[А-ЯЁ]?[\w-]{1,40})?\s(?:улица|ул\.|проспект|пр-т|переулок|пер\.|шоссе|ш\.|набережная|наб\.|бульвар|б-р|проезд|площадь))"
    r"(?:\s*,?\s*(?:д(?:ом|\.)?\s*)?(\d{1,4}\s?(?:[кКсС]\d+|/\d+|корп\.?\s?\d+|[а-яА-Я](?![а-яА-Я]))*))?"
)
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
    What a client's message asks for; None or empty where it says nothing.

    Attributes:
        town, districts, stations: Canonical names, in the order of the text.
        refused_districts, refused_stations: Those that are named to be left out.
        rooms: Ascending; 0 is a studio.
        budget, area: Limits; the budget with its currency.
        deal_type: SALE or RENT.
        property_type: APARTMENT, HOUSE or TOWNHOUSE.
        property_class, condition: As in the exchange contract.
        payment_method: CASH, MORTGAGE or EXCHANGE. mortgage_approved: True where the text says so.
        wishes: As :func:`read_wishes` gives them.
        spans: Field to the places in the text that it was read from.
        unread: Runs of words that nothing was read from.
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
    """What a listing's text tells; the fields are those of :class:`RequestReading`, with one value each."""

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
    places = find_places(cut(text, vocabulary()), lexicon)
    rest = _without(text, [(place.start, place.end) for place in places])
    folded = _folded(rest)
    tokens, items = mentions(rest, "lead")
    spans: dict[str, list[Span]] = {}
    rooms, spans["rooms"] = rooms_of(folded)
    # A studio is asked for by its rooms; as a wish it would refuse the one-room flat beside it.
    wishes = [wish for wish in read_wishes(rest) if not (wish.kind == "studio" and wish.value is True and 0 in rooms)]
    budget, area = budget_of(tokens, items), area_of(tokens, items)
    if area is not None and area.low == area.high:
        area = replace(area, high=None)  # «80 метров» asks for no less
    for name, amount in (("budget", budget), ("area", area)):
        if amount is not None:
            spans[name] = [(amount.start, amount.end)]
    for place in places:
        spans.setdefault(f"{place.kind}s", []).append((place.start, place.end))
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
        deal_type=_deal_type(folded, budget, spans),
        property_type=_first("property_type", _TYPES, folded, spans),
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
    street = _STREET.search(text)
    spans: dict[str, list[Span]] = {}
    rest = text
    if street is not None:
        spans["street"] = [street.span()]
        rest = _without(text, [street.span()])
    places = find_places(cut(rest, vocabulary()), lexicon)
    rest = _without(rest, [(place.start, place.end) for place in places])
    folded = _folded(rest)
    tokens, items = mentions(rest, "listing")
    rooms, spans["rooms"] = rooms_of(folded)
    facts = read_facts(rest)
    price, area = budget_of(tokens, items), area_of(tokens, items)
    for name, amount in (("price", price), ("area", area)):
        if amount is not None:
            spans[name] = [(amount.start, amount.end)]
    for place in places:
        spans.setdefault(place.kind, []).append((place.start, place.end))
    told = {fact.kind: fact.value for fact in facts}

    def whole(kind: str) -> int | None:
        return int(told[kind]) if kind in told else None

    return ListingReading(
        town=next(iter(_names(places, "town", denied=False)), None),
        district=next(iter(_names(places, "district", denied=False)), None),
        station=next(iter(_names(places, "station", denied=False)), None),
        street=_street_name(street),
        house_number=street[1].strip() if street is not None and street[1] else None,
        rooms=rooms[0] if len(rooms) == 1 or rooms and "share" not in told and "room" not in told else None,
        area=area.low if area is not None else None,
        floor=whole("floor"),
        total_floors=whole("house_floors"),
        year_built=whole("year_built"),
        price=price.high if price is not None else None,
        currency=price.currency if price is not None else None,
        deal_type=_deal_type(folded, price, spans),
        property_type="APARTMENTS" if told.get("apartments") else _first("property_type", _TYPES, folded, spans),
        condition=_CONDITIONS.get(str(told.get("renovation"))),
        facts=facts,
        spans={name: where for name, where in spans.items() if where},
        unread=_unread(
            text, [*(span for where in spans.values() for span in where), *((fact.start, fact.end) for fact in facts)]
        ),
    )


def _folded(text: str) -> str:
    """As :func:`fold`, of the same length as *text*."""
    folded = fold(text)
    return folded if len(folded) == len(text) else text.lower() if len(text.lower()) == len(text) else text


def _without(text: str, spans: Sequence[Span]) -> str:
    """*text* with blanks in place of *spans*, so that a station «Студенческая» tells of no students."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


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
    deal = _first("deal_type", (("RENT", _RENT), ("SALE", _SALE)), folded, spans)
    if deal is None and budget is not None and budget.currency == "RUB":
        most = budget.high or budget.low or 0
        return "SALE" if most >= MIN_SALE else "RENT"
    return deal


def _street_name(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    return match[0][: match.start(1) - match.start()].rstrip(" ,дом.") if match[1] else match[0]


def _unread(text: str, read: Sequence[Span]) -> list[Span]:
    """Runs of words outside *read*, cut at marks, that hold more than the words every message holds."""
    rest = _without(text, read)
    runs: list[Span] = []
    for clause in re.finditer(r"[^,.;:!?\n()]+", rest):
        words = list(_WORDS.finditer(clause[0]))
        telling = [word for word in words if word[0].lower() not in _UNREAD_WORDS and len(word[0]) > 1]
        if telling:
            runs.append((clause.start() + telling[0].start(), clause.start() + telling[-1].end()))
    return runs
