"""
Keys of districts, stations and streets: spellings of one place have one key.

All are pure functions of the text. A key is in Latin lower case, and the key of a key is the key itself. Keys of
districts, stations and streets are compared only with keys of the same kind.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from matching.facts.place_spelling import one_script, phonetic_form
from matching.facts.place_words import (
    ADJECTIVE,
    DIRECTIONS,
    DISTANCE,
    FIRST_HALVES,
    GENERIC_PLACE_WORDS,
    KINDS,
    LEADING,
    LINE_WORDS,
    LINES,
    MINUTES,
    OKRUGS,
    ON_FOOT_ALONE,
    SAME_PLACES,
    SHORT_WORDS,
    STEMS,
    TOWNS_IN_BRACKETS,
    TOWNS_OF_DISTRICTS,
)

_WORD = re.compile(r"[^\W_]+")
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_SILENT = str.maketrans("", "", "'’ʼ‘`´\u00ad\u200b\ufeff")
#: Separators between names; a slash between digits belongs to a name.
_BETWEEN = re.compile(r"\s*(?:[,;|\n•·+&]|(?<!\d)/|/(?!\d)|\s(?:и|или|либо|and|or|және|немесе)\s)\s*", re.IGNORECASE)
#: The beginning of another station: «м. Сокол м. Аэропорт».
_NEXT_STATION = re.compile(r"(?<=\w)[\s,]+(?=(?:ст\.?\s*)?(?:м\.|метро)\s*[«\"]?[А-ЯЁA-Z])")
_NOT_PARTED = re.compile(
    r"серп\w*\s+и\s+молот\w*|троицк\w+\s+и\s+новомосковск\w+|(?:ул\.?|улица)\s+\w+\s+и\s+\w+", re.IGNORECASE
)
#: Abbreviations with a hyphen, slash or dots inside, or after a number («7мкр»): made one word before splitting.
_JOINED = (
    (re.compile(r"(?<=\d)(?=мкр|микрорайон)", re.IGNORECASE), ""),
    (re.compile(r"(?<!\w)р\s*[-–/]\s*(?:о?н)(?!\w)", re.IGNORECASE), "район"),
    (
        re.compile(
            r"(?<!\w)мк?\s*[-–/]\s*р?н(?!\w)|(?<!\w)мкр\s*[-–]\s*н(?!\w)|(?<!\w)м\s*[-–]\s*он(?!\w)|(?<!\w)м\s*/\s*р(?!\w)",
            re.IGNORECASE,
        ),
        "мкр",
    ),
    (re.compile(r"(?<!\w)пр\s*[-–]\s*к?т(?!\w)|(?<!\w)п\s*[-–]\s*т(?!\w)", re.IGNORECASE), "проспект"),
    (re.compile(r"(?<!\w)б\s*[-–]\s*р(?!\w)", re.IGNORECASE), "бульвар"),
    (re.compile(r"(?<!\w)пр\s*[-–]\s*з?д(?!\w)", re.IGNORECASE), "проезд"),
    (re.compile(r"(?<!\w)кв\s*[-–]\s*л(?!\w)", re.IGNORECASE), "квартал"),
    (re.compile(r"(?<!\w)ж\s*[-–/.]\s*м(?!\w)", re.IGNORECASE), "жм"),
    (re.compile(r"(?<!\w)ж\s*[-–/.]\s*д(?!\w)", re.IGNORECASE), "жд"),
    (re.compile(r"(?<!\w)ст\s*[-–./]?\s*м(?!\w)", re.IGNORECASE), "метро"),
    (re.compile(r"(?<!\w)к\s*[-–]\s*с[іи](?!\w)", re.IGNORECASE), "көшесі"),
    (re.compile(r"(?<!\w)н\s*[-–/]\s*п(?!\w)", re.IGNORECASE), "пос"),
    (re.compile(r"(?<!\w)м\.\s*о\.?(?!\w)", re.IGNORECASE), "округ"),
    (re.compile(r"(?<!\w)ш\s*[-–]\s*се(?!\w)", re.IGNORECASE), "шоссе"),
    (
        re.compile(
            rf"(?<=\w)\s+(?:(?:район\w*|округ\w*)\s+(?:города|г\.?)?|города)\s*(?:{TOWNS_OF_DISTRICTS})(?!\w)",
            re.IGNORECASE,
        ),
        " ",
    ),
    (re.compile(r"(?<!\w)ш\s*/\s*а(?!\w)", re.IGNORECASE), "мкр"),
)
#: «1-я», «1-ый», «2nd»: only the number is kept.
_ORDINAL = re.compile(r"(?<!\w)(\d+)\s*[-–]?\s*(?:ый|ий|ой|ая|ое|ые|ого|го|я|й|е|х|st|nd|rd|th)(?!\w)")
_LINE = re.compile(rf"(?<!\w)(?:{LINE_WORDS})(?!\w)", re.IGNORECASE)
_DIAMETER = re.compile(
    r"(?<!\w)(?:мц[дк]|mc[dc])\s*[-–№]?\s*[1-5]?(?!\w)|(?<!\w)d\s?[1-5](?!\w)|(?<!\w)бкл(?!\w)", re.IGNORECASE
)
#: The letters of a line or an okrug in brackets: «(СЛ)», «(ТКЛ)», «(СЗАО)»
_LETTERS_OF_LINE = re.compile(r"[А-ЯЁ]{2,4}|ЗелАО|ТиНАО")
_NAMED_LINE = re.compile(
    r"(?<!\w)[\w-]+\s+(?:линия|ветка|line|желісі)(?!\w)|(?<!\w)line\s*\d+|(?<!\w)линия\s*(?:м\b|№)?\s*\d+",
    re.IGNORECASE,
)
#: «1. Спортивная», but not «1. микрорайон».
_NUMBERED = re.compile(
    r"((?:^|[,;|\n])\s*)\d{1,2}\s*[.)]\s*(?=[«\"]?[^\W\d])(?!(?:мкр|микрорайон|мкрн|квартал|линия|проезд|район)(?!\w))",
    re.IGNORECASE,
)
#: A house number at the end of a street.
_HOUSE = re.compile(
    r"(?:(?<![\w-])(?:д|дом|вл|владение|зд|здание|к|корп|корпус|стр|строение|лит|литер|кв|квартира|оф|офис|уч|участок|house|apt|үй)\b\.?"
    r"\s*№?\s*\d+\s*[а-яa-z]?(?![\w-])(?:\s*[/-]\s*\d+\w?)?)|,\s*№?\s*\d+.*$",
    re.IGNORECASE,
)
_LAST_NUMBER = re.compile(
    r"(?<!№)\s+\d+\s*(?:[/-]\s*\d+)?\s*[а-яa-z]?(?:\s*(?:к|корп|с|стр)\.?\s*\d+\w?)?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class StationReading:
    """A station as it was written: its key, the stated minutes, and whether they are on foot (None if not stated)."""

    key: str
    minutes: int | None = None
    on_foot: bool | None = None


@lru_cache(maxsize=1 << 16)
def place_key(name: str) -> str:
    """
    The common form of all spellings of a place name; empty for a name without a letter or digit.

    Case, ё, hyphens, quotes, the script, lines and minutes of stations, okrugs before districts, and words such as
    "район" or "station" are ignored. A name that consists only of such words keeps them, because otherwise all such
    names would be one place. Several names in one text give one key; :func:`place_keys` separates them.

    >>> place_key("р-н Хорошёво-Мнёвники") == place_key("СЗАО, Хорошево Мневники (район)")
    True
    >>> place_key("Спортивная (Сокольническая линия)") == place_key("Sportivnaya metro station")
    True
    >>> place_key("Хамовники"), place_key("Khamovniki"), place_key("Мира пр-т"), place_key("пр. Мира, 5 мин пешком")
    ('hamovniki', 'hamovniki', 'prospekt mira', 'prospekt mira')
    """
    return " ".join(place_keys(name))


@lru_cache(maxsize=1 << 15)
def place_keys(text: str) -> tuple[str, ...]:
    """
    The keys of all places that one text names, in the order of the text, without duplicates.

    >>> place_keys("Сокол, Аэропорт"), place_keys("м. Сокол / Аэропорт")
    (('sokol', 'aeroport'), ('sokol', 'aeroport'))
    """
    parts = list(_split(_plain(text)))
    distinctive = [part for part in parts if _is_distinctive(part)]
    return tuple(dict.fromkeys(_without_okrugs([key for part in distinctive or parts if (key := _key(part))])))


def street_key(street: str) -> str:
    """
    The common form of all spellings of a street's name; house numbers and initials are ignored.

    >>> street_key("ул. Льва Толстого, д. 5") == street_key("Льва Толстого улица") == street_key("Льва Толстого 5к2")
    True
    >>> street_key("пр-т Мира") == street_key("ул. Мира")
    False
    """
    text = _HOUSE.sub(" ", one_script(street))
    text = _LAST_NUMBER.sub("", text.strip(" ,.;"))
    words = _key(_joined(_BRACKETS.sub(r" \1 ", text.translate(_SILENT)).replace(",", " "))).split()
    return " ".join(word for word in words if len(word) > 1 or word.isdigit())


@lru_cache(maxsize=1 << 15)
def read_station(text: str) -> StationReading:
    """
    A station with the minutes to it; if the text names several, the first.

    >>> read_station("м. Сокол, 5 мин пешком")
    StationReading(key='sokol', minutes=5, on_foot=True)
    >>> read_station("Аэропорт (10 мин. транспортом)"), read_station("Сокол")
    (StationReading(key='aeroport', minutes=10, on_foot=False), StationReading(key='sokol', minutes=None, on_foot=None))
    """
    return next(iter(read_stations(text)), StationReading(place_key(text)))


@lru_cache(maxsize=1 << 15)
def read_stations(text: str) -> tuple[StationReading, ...]:
    """
    All stations that one text names, each with its minutes; of a range of minutes the longer counts.

    >>> [(each.key, each.minutes) for each in read_stations("м. Сокол 7-10 мин пешком, Аэропорт (15 мин на машине)")]
    [('sokol', 10), ('aeroport', 15)]
    """
    readings: list[StationReading] = []
    waiting: tuple[int | None, bool | None] | None = None
    for part in _split(_script(text)):
        minutes, on_foot = _minutes(part)
        if _is_distinctive(_without_minutes(part)):
            minutes_and_way = waiting if waiting is not None and minutes is None else (minutes, on_foot)
            readings.append(StationReading(place_key(part), *minutes_and_way))
            waiting = None
        elif minutes is not None and readings and readings[-1].minutes is None:
            readings[-1] = StationReading(readings[-1].key, minutes, on_foot)  # «Сокол, 5 мин пешком»
        elif minutes is not None:
            waiting = minutes, on_foot
    return tuple({station.key: station for station in reversed(readings)}.values())[::-1]


def _minutes(text: str) -> tuple[int | None, bool | None]:
    match = MINUTES.search(text)
    if match is None:
        return None, None
    minutes = round(float((match["high"] or match["low"]).replace(",", ".")))
    if match["foot"]:
        return minutes, True
    if match["transport"] or match["by"]:
        return minutes, False
    return minutes, True if ON_FOOT_ALONE.search(text) else None


def _script(text: str) -> str:
    """The text in one script, without the numbers of a list: «1. Спортивная, 2) Сокол»."""
    return _NUMBERED.sub(r"\1", one_script(text))


def _plain(text: str) -> str:
    """The text in one script, without minutes, distances, lines and meaningless brackets."""
    text = _script(text)
    stripped = _BRACKETS.sub(_bracket, _without_minutes(text).translate(_SILENT))
    without_lines = _NAMED_LINE.sub(_line, _DIAMETER.sub(" ", stripped))
    return _joined(without_lines if _WORD.search(without_lines) else text.translate(_SILENT))


def _joined(text: str) -> str:
    for pattern, whole in _JOINED:
        text = pattern.sub(f" {whole} ", text)
    return text


def _without_minutes(text: str) -> str:
    stripped = DISTANCE.sub(" ", MINUTES.sub(" ", text))
    return ON_FOOT_ALONE.sub(" ", stripped) if stripped != text else text


def _is_distinctive(text: str) -> bool:
    """Whether a text names a place by more than words for its kind (such as "район")."""
    return any(word not in GENERIC_PLACE_WORDS for word in _WORD.findall(LEADING.sub("", text.casefold())))


def _bracket(match: re.Match[str]) -> str:
    """Empty for a line, an okrug or a town in brackets after a name; other text stays because it may be distinctive."""
    inside = match.group(1).strip()
    outside = match.string[: match.start()] + match.string[match.end() :]
    if not _is_distinctive(outside):
        return f" {inside} "
    is_known = inside.casefold() in LINES or inside.casefold() in TOWNS_IN_BRACKETS
    found_in = _LINE.search(inside) or ON_FOOT_ALONE.fullmatch(inside) or _LETTERS_OF_LINE.fullmatch(inside)
    return " " if is_known or found_in else f" {inside} "


def _line(match: re.Match[str]) -> str:
    """Empty for an underground line; a street of St. Petersburg («5-я линия») stays."""
    text = match.group()
    name = text.casefold().split()[0]
    if any(sign.isdigit() for sign in name) or (name not in LINES and not _is_adjective(name)):
        return text
    return " "


_COLOURS = frozenset("red blue green circle orange purple grey yellow".split())


def _is_adjective(word: str) -> bool:
    return word.endswith(("ая", "яя")) or word in _COLOURS


def _split(text: str) -> Iterator[str]:
    """The names in a text; a comma inside brackets does not separate names."""
    brackets = {f"\0{index}\0": original for index, original in enumerate(re.findall(r"\([^()]*\)", text))}
    for mark, original in brackets.items():
        text = text.replace(original, mark, 1)
    kept = {f"\1{index}\1": original.group() for index, original in enumerate(_NOT_PARTED.finditer(text))}
    for mark, phrase in kept.items():
        text = text.replace(phrase, mark, 1)
    for part in _BETWEEN.split(_NEXT_STATION.sub(", ", text)):
        for mark, phrase in (*kept.items(), *brackets.items()):
            part = part.replace(mark, phrase)
        if part.strip():
            yield part


def _key(text: str) -> str:
    """The key of one name."""
    text = LEADING.sub("", text.casefold().replace("ё", "е"))
    words = _WORD.findall(_ORDINAL.sub(r"\1", text))
    if len(words) > 1:
        words[-1] = _ROMAN.get(words[-1], words[-1])
        words = [word for word in words if word not in _OKRUG_LETTERS] or words
    okrug = _okrug(words)
    if okrug:
        return phonetic_form(okrug)
    distinctive = [word for word in words if word not in GENERIC_PLACE_WORDS]
    if not distinctive:
        return phonetic_form(" ".join(words))
    distinctive = _kind_first(distinctive)
    if len(distinctive) > 1 and distinctive[0].isdigit() and len(distinctive[0]) < 3 and not distinctive[-1].isdigit():
        distinctive = [*distinctive[1:], distinctive[0]]  # «2-й Самал»
    if len(distinctive) > 1:
        distinctive = [_without_ending(_SHORT.get(phonetic_form(word), phonetic_form(word))) for word in distinctive]
        if distinctive[-1] in DIRECTIONS:
            distinctive = [distinctive[-1], *distinctive[:-1]]
    sounded = phonetic_form(_joined_halves(distinctive))
    return _SAME_KEYS.get(sounded, sounded)


def _joined_halves(words: list[str]) -> str:
    """The words joined by blanks, but without a blank after the first half of a double name."""
    return "".join(f"{word}{'' if phonetic_form(word) in FIRST_HALVES else ' '}" for word in words).strip()


def _okrug(words: list[str]) -> str | None:
    """The letters of an administrative okrug; an okrug without "administrative" is a district of that name."""
    if len(words) == 1 and words[0] in _OKRUG_LETTERS:
        return words[0]
    if "ао" in words or any(word.startswith("административн") for word in words):
        return OKRUGS.get(
            " ".join(word for word in words if word not in ("ао", "округ") and not word.startswith("админ"))
        )
    return None


_ROMAN = {letters: str(number) for number, letters in enumerate("i ii iii iv v vi vii viii ix x".split(), start=1)}
_SAME_KEYS = {phonetic_form(spelling): phonetic_form(other) for spelling, other in SAME_PLACES.items()}
_SHORT = {phonetic_form(word): phonetic_form(whole) for word, whole in SHORT_WORDS.items()}
_OKRUG_LETTERS = frozenset(OKRUGS.values())
_TOWN_KEYS = frozenset(phonetic_form(town.replace("-", " ")) for town in TOWNS_IN_BRACKETS)
_OKRUG_KEYS = frozenset(map(phonetic_form, _OKRUG_LETTERS))


def _without_okrugs(keys: list[str]) -> list[str]:
    """The keys without okrugs and the town itself, if there are districts among them."""
    districts = [key for key in keys if key not in _OKRUG_KEYS and key not in _TOWN_KEYS]
    return districts or keys


def _kind_first(words: list[str]) -> list[str]:
    """Put the kind first, as its standard word: «Мира пр-т» becomes «проспект Мира»."""
    if len(words) < 2:
        return [KINDS.get(words[0], words[0]) if len(words[0]) > 3 else words[0]]
    for index in (0, len(words) - 1):
        if words[index] in KINDS and (len(words[index]) > 1 or words[index] == "ш"):
            return [KINDS[words[index]], *words[:index], *words[index + 1 :]]
    return words


def _without_ending(word: str) -> str:
    """The stem of an adjective of direction or size, which equals that of its abbreviation."""
    adjective = ADJECTIVE.fullmatch(word)
    return STEMS[adjective.group(1)] if adjective else word
