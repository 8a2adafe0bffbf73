"""Normalising streets and house numbers, so that different spellings can be compared."""

import re

#: Kinds of streets and their normal forms. "улица" is dropped because it is omitted as often as it is written.
_KINDS = {
    "": "улица ул street st көшесі",
    "проспект": "проспект пр-т пр-кт просп пр avenue ave даңғылы",
    "проезд": "проезд пр-д",
    "переулок": "переулок пер lane",
    "шоссе": "шоссе ш highway",
    "бульвар": "бульвар б-р бул boulevard",
    "набережная": "набережная наб embankment",
    "площадь": "площадь пл square",
    "тупик": "тупик туп",
    "аллея": "аллея ал",
    "жк": "жк",
    "мкр": "микрорайон мкр мкрн",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
#: Latin capitals and the Cyrillic ones that look the same.
_TWINS = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")
_FLAT = re.compile(
    r"[\s,]*\b(?:кв|квартира|апартаменты|апарт|ап|flat|apt)\b\.?\s*№?\s*(\d+[а-яa-z]?)\s*$", re.IGNORECASE
)
_PARTS = (
    (r"(?:корпус|корп|кор|к)\.?", "к"),
    (r"(?:строение|стр|с)\.?", "с"),
    (r"(?:литера|литер|лит)\.?", "л"),
    (r"(?:владение|влад|вл)\.?", "вл"),
    (r"(?:дом|д|house|№)\.?", ""),
)


def house_key(street: str | None, house: str | None) -> str | None:
    """
    The normal form of a street and a house number; None if one of them is missing.

    >>> house_key("ул. Новый Арбат", "д. 7, корп. 2"), house_key("Новый Арбат улица", "7К2")
    ('арбат новый|7к2', 'арбат новый|7к2')
    >>> house_key("пр-т Мира", "5"), house_key("улица Мира", "5"), house_key("Мира", None)
    ('мира проспект|5', 'мира|5', None)
    """
    name = _street(street or "")
    number = _house(_FLAT.sub("", house or ""))
    return f"{name}|{number}" if name and any(map(str.isdigit, number)) else None


def flat_number(house: str | None) -> str | None:
    """
    The flat number that follows a house number.

    >>> flat_number("7к2, кв. 15"), flat_number("7к2")
    ('15', None)
    """
    match = _FLAT.search(house or "")
    return match[1].casefold() if match else None


def _street(text: str) -> str:
    words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", text.casefold().replace("ё", "е"))
    return " ".join(sorted(filter(None, (_KIND_OF.get(word, word) for word in words))))


def _house(text: str) -> str:
    """
    >>> _house("34, строение 1"), _house("вл1к1"), _house("13кА"), _house("4 A")
    ('34с1', 'вл1к1', '13ка', '4а')
    """
    text = text.upper().translate(_TWINS).casefold().replace("ё", "е")
    for pattern, short in _PARTS:
        text = re.sub(rf"(?<![а-яa-z]){pattern}(?=[\s№]*[\dа-я]{{0,2}}(?![а-яa-z]))", short, text)
    return re.sub(r"[^\w/]+", "", text)
