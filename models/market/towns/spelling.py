"""Spellings of town names: the plain form for lookups, and a rough form that different transliterations share."""

import re
import unicodedata
from collections.abc import Iterator

#: Latin letters that look like Cyrillic ones. Lower-case letters resemble each other less often than capitals.
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
#: Applied in this order: replace spellings of the same sound by a single one.
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

#: Letters of scientific transliterations and of Kazakh in Latin letters, whose meaning would be lost with their marks.
_MARKED = str.maketrans(
    {
        **{"ž": "zh", "š": "sh", "ş": "sh", "č": "ch", "ŝ": "shch", "û": "iu", "â": "ia", "ë": "e", "è": "e", "ı": "y"},
        **dict.fromkeys("ʹʺ", None),
    }
)
#: Rare spellings of sounds: ГОСТ 7.79 has x and cz, other rules have j for ж.
_RARE = ((("cz", "ts"), ("x", "h")), (("j", "zh"),))

_KEYBOARD = str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,.`", "йцукенгшщзхъфывапролджэячсмитьбюё")


def normal(text: str) -> str:
    """
    The plain form of a name: lower case, ё as е, one blank for everything between words, no apostrophes.

    A word with letters of two scripts is converted to the script of its unambiguous letters.

    >>> normal("  Ростов‑на‑Дону "), normal("Мо\\u0063ква"), normal("Королёв"), normal("Arkhangel’sk")
    ('ростов на дону', 'москва', 'королев', 'arkhangelsk')
    """
    if text.isascii() and text.isalpha():  # most of the gazetteer's names, to which the rest does not apply
        return text.casefold()
    text = unicodedata.normalize("NFC", text).translate(_SILENT)
    if _CYRILLIC.search(text) and _LATIN.search(text):
        text = _WORD.sub(lambda word: _of_one_script(word.group()), text)
    return _GAP.sub(" ", text.casefold()).strip().replace("ё", "е")


def looks_cyrillic(text: str) -> str | None:
    """
    The text in Cyrillic letters if every Latin letter in it resembles a Cyrillic one, otherwise None.

    >>> looks_cyrillic("MOCKBA"), looks_cyrillic("Omsk")
    ('МОСКВА', None)
    """
    letters = {sign for sign in text if sign.isalpha()}
    return text.translate(_TO_CYRILLIC) if letters and letters <= _LOOK_LIKE_CYRILLIC else None


def from_keyboard(text: str) -> str:
    """
    The text that the same keys give on a Russian keyboard.

    >>> from_keyboard("Vjcrdf")
    'москва'
    """
    return text.casefold().translate(_KEYBOARD)


def skeleton(plain: str) -> str:
    """
    A rough Latin form of a name in the form of :func:`normal`. Transliterations of one name by different rules have the
    same rough form.

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
    The rough forms for the lookup of a name, the most likely first: common rules of transliteration before rare ones.

    >>> skeleton("елец") in skeletons("elecz"), skeleton("волжский") in skeletons("voljskii")
    (True, True)
    >>> skeleton("шымкент") in skeletons("şymkent"), skeleton("ярославль") in skeletons("âroslavlʹ")
    (True, True)
    """
    forms = [skeleton(plain)]
    if not plain.isascii() and _LATIN.search(plain):
        plain = plain.translate(_MARKED)
        forms.append(skeleton(plain))
    if plain.isascii():
        for pairs in _RARE:
            other = plain
            for written, usual in pairs:
                other = other.replace(written, usual)
            if other != plain:
                forms.append(skeleton(other))
    yield from dict.fromkeys(forms)


def _of_one_script(word: str) -> str:
    latin, cyrillic = _LATIN.findall(word), _CYRILLIC.findall(word)
    if not latin or not cyrillic:
        return word
    if len(latin) <= len(cyrillic):
        return word.translate(_TO_CYRILLIC)
    as_latin = word.translate(_TO_LATIN)
    return word.translate(_TO_CYRILLIC) if _CYRILLIC.search(as_latin) else as_latin
