"""The places of a whole message or listing, and a listing's street."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from matching.reading.grammar import MAX_CHARACTERS, vocabulary
from matching.reading.mentions import cut
from matching.reading.places import Place, PlaceLexicon, find_places

Span = tuple[int, int]

_STREET = re.compile(
    r"(?:(?:ул(?:ица|\.)?|улице|просп(?:ект|\.)?|пр\.|пр-т|пр-кт|пер(?:еулок|\.)?|ш(?:оссе|\.)|наб(?:ережная|\.)?|бул(?:ьвар|\.)?|б-р|проезд|пл(?:ощадь|\.)?)\s+[А-ЯЁA-Z0-9][\w-]*(?:\s(?:[А-ЯЁ][\w-]*|батыра?|хана?|би|жырау)){0,2}"
    r"|[А-ЯЁ][\w-]{1,40}(?:\s[А-ЯЁ]?[\w-]{1,40})?\s(?:улица|ул\.|проспект|пр-т|переулок|пер\.|шоссе|ш\.|набережная|наб\.|бульвар|б-р|проезд|площадь))"
    r"(?:\s*,?\s*(?:д(?:ом|\.)?\s*)?(\d{1,4}\s?(?:[кКсС]\d+|/\d+|корп\.?\s?\d+|стр\.?\s?\d+|[а-яА-Я](?![а-яА-Я]))*))?"
)
#: «, д. »
_BEFORE_HOUSE_NUMBER = re.compile(r"[\s,]+(?:д(?:ом)?\.?\s*)?$")
_WHERE_FROM = re.compile(r"\b(?:мы|я|сами|сам|переезжа\w+|приеха\w+|едем|родом)\s(?:сейчас\s)?из\s*$", re.IGNORECASE)

_WHERE_THEY_LIVE = re.compile(
    r"\b(?:жив(?:у|[её]м|[её]т|ут)|прожива(?:ю|ем|ет|ют)|прописан\w*)\s(?:сейчас\s|пока\s)?(?:во?|на|у|около)\s*$",
    re.IGNORECASE,
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
    match = _STREET.search(text)
    if match is None:
        return None
    named = match[0][: match.start(1) - match.start()] if match[1] else match[0]
    return Street(_BEFORE_HOUSE_NUMBER.sub("", named), match[1].strip() if match[1] else None, match.span())


def places_in_request(text: str, lexicon: PlaceLexicon) -> list[Place]:
    """
    The places of a client's message, without those where the client is from.

    The place where the client lives is left out if the message names another one: another town than that town, or
    another district or station than that district or station.
    """
    text = text[:MAX_CHARACTERS]
    places = [place for place in find_places(cut(text, vocabulary()), lexicon) if not _is_where_from(text, place)]
    others = [place for place in places if not _is_where_they_live(text, place)]
    names_other = {place.kind == "town" for place in others if not place.denied}
    return [place for place in places if place in others or (place.kind == "town") not in names_other]


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


def _is_where_they_live(text: str, place: Place) -> bool:
    """«живём в Туле, ищем квартиру в Москве»."""
    return _WHERE_THEY_LIVE.search(text, max(0, place.start - 30), place.start) is not None
