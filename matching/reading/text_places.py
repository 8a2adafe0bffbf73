"""The places of a whole message or listing, and a listing's street."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from matching.reading.grammar import MAX_CHARACTERS, vocabulary
from matching.reading.mentions import cut
from matching.reading.places import Place, PlaceLexicon, find_places

Span = tuple[int, int]

#: The word for a kind of street, before the name.
_KIND = (
    r"(?:(?:улиц[аеуы]|проспект|переулок|шоссе|набережная|бульвар|проезд|пр-т|пр-кт|б-р)\s+"
    r"|(?:ул|просп|пр|пер|ш|наб|бул)(?:\.\s*|\s+)"
    # «площадь Победы», «площадь 1905 года», but not «площадь 45 м2»
    r"|(?:площадь\s+|пл\.\s*)(?=[А-ЯЁA-Z]|\d+\s+(?!кв|м\b|м2|метр)[а-яё]{3}))"
)
#: The same behind the name, unless a name follows: «Тверская ул.», but not «Москва ул. Лесная».
_KIND_BEHIND = (
    r"(?:улица|проспект|пр-т|переулок|шоссе|набережная|бульвар|б-р|проезд|площадь"
    r"|(?:(?<=[аыоие][яй]\s)(?:ул|пер|ш|наб)\.|(?:ул|пер|ш|наб)\.(?!\s*[А-ЯЁ])))"
)
_HOUSE_NUMBER = (
    r"\d{1,4}(?![.,]?\d|\s?(?:м\b|м2|м²|кв|мин|эт|руб|тыс|млн|₽|%))"
    r"(?:,?\s?(?:корп(?:ус|\.)?\s?|стр(?:оение|\.)?\s?|[кКсС]\.?\s?|/)\d+|\s?[а-яА-Я](?![а-яА-Я.]))*"
)
_STREET = re.compile(
    rf"(?:{_KIND}[А-ЯЁA-Z0-9][\w-]*(?:\s(?:[А-ЯЁ][\w-]*|батыра?|хана?|би|жырау)){{0,2}}"
    rf"|(?!(?:Общая|Жилая|Полезная|Вся)\s)[А-ЯЁ][\w-]{{1,40}}(?:\s[А-ЯЁ]?[\w-]{{1,40}})?\s{_KIND_BEHIND})"
    rf"(?:\s*,?\s*(?:д(?:ом|\.)?\s*)?({_HOUSE_NUMBER}))?"
)
#: The longest way to say that a name is a station's, in characters.
_STATION_WORD = 12
#: «м. Преображенская площадь» is a station.
_OF_STATION = re.compile(r"\b(?:м|метро|станци\w|metro|station)\.?\s*[«\"]?$", re.IGNORECASE)
#: «, д. »
_BEFORE_HOUSE_NUMBER = re.compile(r"[\s,]+(?:д(?:ом)?\.?\s*)?$")
_WHERE_FROM = re.compile(
    r"\b(?:(?:мы|я|сами|сам|переезжа\w+|переехал\w*|приеха\w+|уеха\w+|едем|родом)\s(?:сейчас\s)?из"
    r"|семь[яеёию]\w* (?:из|с))\s*$",
    re.IGNORECASE,
)

_WHERE_THEY_LIVE = re.compile(
    r"\b(?:(?:жив(?:у|[её]м|[её]т|ут)|прожива(?:ю|ем|ет|ют)|прописан\w*)\s(?:сейчас\s|пока\s)?"
    r"|(?:сейчас|пока)\s(?:снима(?:ю|ем|ет|ют)|арендуем|арендую)\s(?:\w+\s)?)(?:во?|на|у|около)\s*$",
    re.IGNORECASE,
)
#: «Клиентка Самал ищет двушку», but not «клиент: Сокол, Аэропорт».
_BEHIND_STREETS = re.compile(r"\s+(?:к[өо]шес\w+|да[ңн][ғг]ыл\w+)", re.IGNORECASE)
_BEFORE_CLIENTS_NAME = re.compile(r"\b(?:клиент(?:ка)?|покупательница|покупатель|арендатор|зовут)\s+$", re.IGNORECASE)
_BEHIND_CLIENTS_NAME = re.compile(
    r"[,\s]+(?:ищ[еу]т|сним[ие]т|хо[чт]\w+|куп[ия]\w*|желает|рассмотрит)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Street:
    """A street that a text names, its house number if stated, and the span of both."""

    name: str
    house_number: str | None
    span: Span


def street_in(text: str) -> Street | None:
    """
    The first street of a text.

    >>> street_in("Сдам 1-к, ул. Маяковского, д. 5")
    Street(name='ул. Маяковского', house_number='5', span=(10, 31))
    """
    match = next((each for each in _STREET.finditer(text) if not is_named_as_station(text, each.start())), None)
    if match is None:
        return None
    named = match[0][: match.start(1) - match.start()] if match[1] else match[0]
    return Street(_BEFORE_HOUSE_NUMBER.sub("", named), match[1].strip() if match[1] else None, match.span())


def is_named_as_station(text: str, start: int) -> bool:
    """Whether the name at *start* follows «метро», «м.» or «станция»."""
    return _OF_STATION.search(text, max(0, start - _STATION_WORD), start) is not None


def places_in_request(text: str, lexicon: PlaceLexicon) -> list[Place]:
    """
    The places of a client's message, without those where the client is from.

    The place where the client lives is left out if the message names another one: another town than that town, or
    another district or station than that district or station.
    """
    text = text[:MAX_CHARACTERS]
    found = find_places(cut(text, vocabulary()), lexicon)
    places = [place for place in found if not _is_something_else(text, place)]
    homes = [is_where_they_live(text, place) for place in places]
    names_other = {
        place.kind == "town" for place, home in zip(places, homes, strict=True) if not home and not place.denied
    }
    return [
        place
        for place, home in zip(places, homes, strict=True)
        if not home or (place.kind == "town") not in names_other
    ]


def places_in_listing(text: str, lexicon: PlaceLexicon) -> list[Place]:
    """The places of a listing's text, without its street."""
    text = text[:MAX_CHARACTERS]
    street = street_in(text)
    return find_places(cut(blanked(text, [street.span] if street is not None else []), vocabulary()), lexicon)


def blanked(text: str, spans: Iterable[Span]) -> str:
    """*text* with blanks in place of *spans*, so that a station «Студенческая» does not mention students."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _is_where_from(text: str, place: Place) -> bool:
    """«мы из Мытищ, ищем квартиру в Строгино»: the client's own place is not the wanted one."""
    return _WHERE_FROM.search(text, max(0, place.start - 30), place.start) is not None


def _is_something_else(text: str, place: Place) -> bool:
    return (
        _is_where_from(text, place)
        or _is_clients_name(text, place)
        or _BEHIND_STREETS.match(text, place.end) is not None  # «Түркістан көшесі»
    )


def _is_clients_name(text: str, place: Place) -> bool:
    """«Клиентка Самал ищет двушку»: some first names are also those of districts."""
    named = _BEFORE_CLIENTS_NAME.search(text, max(0, place.start - 30), place.start)
    return named is not None and _BEHIND_CLIENTS_NAME.match(text, place.end) is not None


def is_where_they_live(text: str, place: Place) -> bool:
    """«живём в Туле, ищем квартиру в Москве»."""
    return _WHERE_THEY_LIVE.search(text, max(0, place.start - 30), place.start) is not None
