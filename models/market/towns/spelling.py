"""Spellings of town names: the plain form that is looked up, and a rough one under which transliterations meet."""

import re
import unicodedata
from collections.abc import Iterator

#: Latin letters that look like Cyrillic ones. Small letters look alike less often than capitals.
_TO_CYRILLIC = str.maketrans("AaBCcEeHiIKkMmOoPpTtXxYy", "АаВСсЕеНіІКкМмОоРрТтХхУу")
_TO_LATIN = str.maketrans("АаВСсЕеНіІКкМмОоРрТтХхУу", "AaBCcEeHiIKkMmOoPpTtXxYy")
_LOOK_LIKE_CYRILLIC = frozenset("AaBCcEeHKkMmOoPpTXxYy")
#: Signs and apostrophes inside a name: Arkhangel’sk.
_SILENT = dict.fromkeys(map(ord, "'’ʼ‘`´\"«»“”„\u00ad\u200b\ufeff"))
_GAP = re.compile(r"[^\w]+|_+")
_WORD = re.compile(r"\w+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")

_LETTERS = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґқғңөұүһә",
        "a b v g d e zh z i i k l m n o p r s t u f h ts ch sh shch  i  e iu ia i i e g k g n o u u h a".split(" "),
        strict=True,
    )
)
_TABLE = str.maketrans(_LETTERS)
#: In this order: what sounds alike is written alike.
_ALIKE = (
    (re.compile(r"shch|sch|shh"), "shch"),
    (re.compile(r"kh"), "h"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"ck|q"), "k"),
    (re.compile(r"tz|c(?!h)"), "ts"),
    (re.compile(r"w"), "v"),
    (re.compile(r"[yj]"), "i"),
    (re.compile(r"i+"), "i"),
    (re.compile(r"ia"), "a"),
    (re.compile(r"i[eo]"), "e"),
    (re.compile(r"iu"), "u"),
    (re.compile(r"ts"), "c"),
    (re.compile(r"([a-z])\1+"), r"\1"),
)

#: Letters of scientific transliterations and of Kazakh in Latin letters, which lose what they say with their marks.
_MARKED = str.maketrans(
    {
        **{"ž": "zh", "š": "sh", "ş": "sh", "č": "ch", "ŝ": "shch", "û": "iu", "â": "ia", "ë": "e", "è": "e", "ı": "y"},
        **dict.fromkeys("ʹʺ", None),
    }
)
#: What some rules write for a sound that most write otherwise: ГОСТ 7.79 has x and cz, others j for ж.
_RARE = ((("cz", "ts"), ("x", "h")), (("j", "zh"),))

_KEYBOARD = str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,.`", "йцукенгшщзхъфывапролджэячсмитьбюё")


def normal(text: str) -> str:
    """
    The plain form of a name: lower case, ё as е, one blank for everything between words, no apostrophes.

    A word in letters of two scripts becomes one of the script that its unmistakable letters are of.

    >>> normal("  Ростов‑на‑Дону "), normal("Мо\\u0063ква"), normal("Королёв"), normal("Arkhangel’sk")
    ('ростов на дону', 'москва', 'королев', 'arkhangelsk')
    """
    if text.isascii() and text.isalpha():  # most of the gazetteer's names, and nothing of what follows concerns them
        return text.casefold()
    text = unicodedata.normalize("NFC", text).translate(_SILENT)
    if _CYRILLIC.search(text) and _LATIN.search(text):
        text = _WORD.sub(lambda word: _of_one_script(word.group()), text)
    return _GAP.sub(" ", text.casefold()).strip().replace("ё", "е")


def looks_cyrillic(text: str) -> str | None:
    """
    The text in Cyrillic letters if every Latin letter of it has a look-alike there, otherwise None.

    >>> looks_cyrillic("MOCKBA"), looks_cyrillic("Omsk")
    ('МОСКВА', None)
    """
    letters = {sign for sign in text if sign.isalpha()}
    return text.translate(_TO_CYRILLIC) if letters and letters <= _LOOK_LIKE_CYRILLIC else None


def from_keyboard(text: str) -> str:
    """
    The text as if the keys had been those of a Russian keyboard.

    >>> from_keyboard("Vjcrdf")
    'москва'
    """
    return text.casefold().translate(_KEYBOARD)


def skeleton(plain: str) -> str:
    """
    A rough Latin form of :func:`normal`'s: transliterations of one name by different rules meet under it.

    >>> skeleton("екатеринбург") == skeleton("yekaterinburg") == skeleton("ekaterinburg")
    True
    >>> skeleton("нижний новгород") == skeleton("nizhny novgorod") == skeleton("nizhnij novgorod")
    True
    """
    text = plain.translate(_TABLE)
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    for pattern, sound in _ALIKE:
        text = pattern.sub(sound, text)
    return text


def skeletons(plain: str) -> Iterator[str]:
    """
    The rough forms to look a name up by, the likeliest first: rarer rules of transliteration come after common ones.

    >>> skeleton("елец") in skeletons("elecz"), skeleton("волжский") in skeletons("voljskii")
    (True, True)
    >>> skeleton("шымкент") in skeletons("şymkent"), skeleton("ярославль") in skeletons("âroslavlʹ")
    (True, True)
    """
    told = [skeleton(plain)]
    if not plain.isascii() and _LATIN.search(plain):
        plain = plain.translate(_MARKED)
        told.append(skeleton(plain))
    if plain.isascii():
        for pairs in _RARE:
            other = plain
            for written, usual in pairs:
                other = other.replace(written, usual)
            if other != plain:
                told.append(skeleton(other))
    yield from dict.fromkeys(told)


def _of_one_script(word: str) -> str:
    latin, cyrillic = _LATIN.findall(word), _CYRILLIC.findall(word)
    if not latin or not cyrillic:
        return word
    if len(latin) <= len(cyrillic):
        return word.translate(_TO_CYRILLIC)
    told = word.translate(_TO_LATIN)
    return word.translate(_TO_CYRILLIC) if _CYRILLIC.search(told) else told
