"""The words of numbers of rooms, and the splitting of a phrase into them; :mod:`models.core.rooms` combines them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from models.core.currencies import one_script
from models.core.numbers import UnreadableError, check_length, phrases_in, prepared, without_kazakh_cases

STUDIO = 0
#: The end of "3 and more": larger numbers are not distinguished.
MAX_NAMED = 10
#: The largest accepted number of rooms; more is a mistake.
MAX_ROOMS = 100


class Kind(Enum):
    COUNT = 0
    BOUND = 1  #: *low* or *high*, to which the number is added.
    LINK = 2  #: Between the ends of a range.
    OR = 3
    AND = 4
    NOT = 5
    ANY = 6
    EURO = 7  #: A large kitchen that some count as a room: a «евродвушка» is advertised with one room or with two.
    PLUS = 8
    NOISE = 9
    OTHER = 10


@dataclass(frozen=True)
class Item:
    kind: Kind
    count: int = 0
    is_low: bool = False
    strict: int = 0  #: 1 if the number itself is excluded: "more than 2".
    follows: bool = False
    source: str = ""


def _phrases(item: Item, *tables: str) -> dict[str, Item]:
    """Tables of phrases, separated by semicolons, that all mean *item*."""
    return dict.fromkeys((phrase for table in tables for phrase in phrases_in(table)), item)


def bound(*, is_low: bool, strict: int = 0, follows: bool = False) -> Item:
    return Item(Kind.BOUND, is_low=is_low, strict=strict, follows=follows)


_PHRASES: Mapping[str, Item] = {
    **_phrases(
        bound(is_low=True),
        """
        от; с; хотя бы; не менее; не меньше; не ниже; from; at least; no less than; not less than; no fewer than;
        not fewer than; > =; ≥; начиная с; начиная от; кемінде; ең аз дегенде; ең азы
        """,
    ),
    **_phrases(
        bound(is_low=False),
        """
        до; не более; не больше; не выше; up to; upto; at most; no more than; not more than; < =; ≤; в пределах;
        ең көбі; ең көп дегенде
        """,
    ),
    **_phrases(
        bound(is_low=True, strict=1),
        """
        более; больше; свыше; более чем; больше чем; more than; over; >; above
        """,
    ),
    **_phrases(
        bound(is_low=False, strict=1),
        """
        менее; меньше; менее чем; меньше чем; less than; fewer than; <; under; below
        """,
    ),
    **_phrases(
        bound(is_low=True, follows=True),
        """
        минимум; как минимум; мин; min; minimum; и более; и больше; и выше; или более; или больше; или выше;
        или более комнат; и более комнат; or more; and more; and up; or above; and above; плюс; plus;
        бастап; кем емес; аз емес
        """,
    ),
    **_phrases(
        bound(is_low=False, follows=True),
        """
        максимум; как максимум; макс; max; maximum; и менее; и меньше; и ниже; или менее; или меньше; или ниже;
        or less; or fewer; and less; and fewer; and below; or below;
        дейін; көп емес; артық емес; аспайды
        """,
    ),
    **_phrases(
        Item(Kind.LINK),
        """
        -; to; по; ..; - -; through
        """,
    ),
    **_phrases(
        Item(Kind.OR),
        """
        ,; /; или; либо; or; немесе; |; \
        """,
    ),
    **_phrases(
        Item(Kind.AND),
        """
        и; and; &; но; but; , но
        """,
    ),
    **_phrases(
        Item(Kind.NOT),
        """
        не; кроме; кроме как; без; not; except; but not; только не; not a; исключая; no
        """,
    ),
    **_phrases(
        Item(Kind.ANY),
        """
        любое; любая; любой; любые; любую; неважно; не важно; не имеет значения; без разницы; все равно; any;
        any number; all; все; любое количество; любое число; anything; свободная планировка; свободной планировки;
        свободная; open plan; не принципиально; не указано; doesn't matter; no matter; рассмотрим любые;
        рассмотрю любые; кез келген; бәрібір; маңызды емес
        """,
    ),
    **_phrases(Item(Kind.EURO), "евро", "euro", "евро -"),
    **_phrases(Item(Kind.PLUS), "+"),
    **_phrases(
        Item(Kind.NOISE),
        """
        комнат; комнаты; комната; комнату; комн; комнатная; комнатную; комнатные; комнатной; комнатный; комнатных;
        room; rooms; roomed; квартира; квартиру; квартиры; квартир; кв; кв - ра; квартира -; квартиру -; квартиры -;
        flat; flats; apartment; apartments; только; строго; ровно; именно; only; exactly; a; an; :; (; );
        количество; количество комнат; можно; можно и; пәтер; бөлме; бөлмелі; жилых; жилые; жилая; нужна; нужно;
        ищу; хочу; рассмотрю; рассмотрим; варианты; вариант
        """,
    ),
}

#: Whole words for a number of rooms.
_COUNT_PATTERNS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (count, re.compile(pattern))
    for count, pattern in (
        (
            STUDIO,
            r"(?:квартир[ауые]-?)?студи(?:я|ю|и|ей|й|ях|йка|йку|йная|йную|о)|studios?|studio-?apartments?|ноль|zero",
        ),
        (1, r"од(?:ин|на|ну|ной|но|нокомнат\w*|нушк\w*|нушек|нокомн|нуха|нуху)|one|single|бір|odnushk\w*"),
        (2, r"дв(?:а|е|ух|умя|ухкомнат\w*|ушк\w*|ушек|ухкомн|уха|уху)|two|double|екі|dvushk\w*"),
        (3, r"тр(?:и|ех|ешк\w*|ешек|ехкомнат\w*|ехкомн|еха|еху|ешница)|three|үш|treshk\w*"),
        (4, r"четыр(?:е|ех|ехкомнат\w*|ешк\w*|ехкомн)|четверк\w*|четырк\w*|four|төрт"),
        (5, r"пят(?:ь|и|икомнат\w*|ерк\w*)|five|бес"),
        (6, r"шест(?:ь|и|икомнат\w*)|six|алты"),
        (7, r"сем(?:ь|и|икомнат\w*)|seven"),
        (8, r"вос(?:емь|ьми|ьмикомнат\w*)|eight"),
        (9, r"девят(?:ь|и|икомнат\w*)|nine"),
        (10, r"десят(?:ь|и|икомнат\w*)|ten"),
    )
)
_EURO_WORD = re.compile(r"евро-?(?=одн|дв|тр|чет)|(?<![^\W\d_])evro-?(?=d|t)")
_BEDROOMS = re.compile(r"(?<![^\W\d_])(?:спал\w*|bed(?:room)?s?|br|bhk|bdr?m?s?)(?![^\W\d_])")
#: Words for "rooms" after a number: 2-х комнатная, 2к, 2-к.кв, 2ккв, 2-комн.
_ENDING = r"(?: ?- ?)?(?:х|ух|ех|ми|ти|и|ая|я|й)(?![^\W\d_])"
_NOUN = r" ?-? ?(?:комнатн\w*|комнат\w*|комн?|к\.? ?кв\w*|ккв|кк|к|k|rooms?|roomed|бөлме\w*)(?![^\W\d_])\.?"
_SUFFIX = re.compile(rf"(?<=[0-9])(?:{_ENDING}(?:{_NOUN})?|{_NOUN})")
_WORD_SUFFIX = re.compile(
    r"(?<=[^\W\d_])-(?=комн)|(?<=одно)-(?= ?[,/и])|(?<=двух)-(?= ?[,/и])|(?<=трех)-(?= ?[,/и])|"
    r"(?<=двух)[- ](?=комн)|(?<=трех)[- ](?=комн)|(?<=одно)[- ](?=комн)|(?<=четырех)[- ](?=комн)"
)
#: "between 2 and 4", «между 2 и 4»
_BETWEEN = re.compile(r"(?<!\w)(?:between|между) (.+?) (?:and|и) ")
#: «1,5-комнатная» is not a list of one room and five.
_ONE_AND_A_HALF = re.compile(r"(?<![0-9,])[1-35-9],5(?![0-9,])")
_EURO_NUMBER = re.compile(r"([0-9])-?[еe](?![^\W\d_])")
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+(?:'[^\W\d_]+)?|\.\.|[^\s.]")
_LONGEST_PHRASE = 3


def items_of(text: str) -> list[Item]:
    """
    Split a phrase into the items that :mod:`models.core.rooms` combines, without words that have no effect.

    Raises:
        UnreadableError: rooms.bedrooms, rooms.too_many, number.not_whole, number.too_long.
    """
    check_length(text)
    plain = _BETWEEN.sub(r"от \1 до ", without_kazakh_cases(prepared(text).replace(";", ",").replace("-room", " room")))
    bedrooms = _BEDROOMS.search(plain)
    if bedrooms:
        raise UnreadableError("rooms.bedrooms", text=bedrooms[0])
    half = _ONE_AND_A_HALF.search(plain)
    if half:
        raise UnreadableError("number.not_whole", text=half[0])
    plain = _EURO_NUMBER.sub(r"евро \1", _EURO_WORD.sub("евро ", plain))
    plain = _WORD_SUFFIX.sub("", _SUFFIX.sub(" ", plain))
    return [item for item in _items(plain) if item.kind is not Kind.NOISE]


def _items(plain: str) -> Iterator[Item]:
    tokens = [one_script(token) for token in _TOKEN.findall(plain)]
    position = 0
    while position < len(tokens):
        for length in range(min(_LONGEST_PHRASE, len(tokens) - position), 0, -1):
            phrase = " ".join(tokens[position : position + length])
            item = _PHRASES.get(phrase) or (_count_item(phrase) if length == 1 else None)
            if item is not None:
                yield replace(item, source=phrase)
                break
        else:
            yield Item(Kind.OTHER, source=tokens[position])
            length = 1
        position += length


def _count_item(token: str) -> Item | None:
    if token[0].isdigit() and token.isascii():
        if "." in token:
            raise UnreadableError("number.not_whole", text=token)
        if len(token) > 3 or int(token) > MAX_ROOMS:
            raise UnreadableError("rooms.too_many", text=token)
        return Item(Kind.COUNT, int(token))
    for count, pattern in _COUNT_PATTERNS:
        if pattern.fullmatch(token):
            return Item(Kind.COUNT, count)
    return None
