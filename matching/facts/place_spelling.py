"""Letters of place names: two scripts in one word, and one rough Latin form for all transliterations."""

import re
import unicodedata

_TO_CYRILLIC = str.maketrans("AaBCcEeHIiKkMmOoPpTtXxYy", "АаВСсЕеНІіКкМмОоРрТтХхУу")
_TO_LATIN = str.maketrans("АаВСсЕеНІіКкМмОоРрТтХхУу", "AaBCcEeHIiKkMmOoPpTtXxYy")
_WORD = re.compile(r"\w+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")

_SOUNDS = str.maketrans(
    dict(
        zip(
            "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґқғңөұүһәў",
            "a b v g d e zh z i i k l m n o p r s t u f h ts ch sh shch  i  e iu ia i i e g k g n o u u h a u".split(
                " "
            ),
            strict=True,
        )
    )
)
#: In this order: what sounds alike is written alike. Applied twice it changes nothing more.
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
    (re.compile(r"([a-z])\1+"), r"\1"),
)


def one_script(text: str) -> str:
    """
    The text with every word in one script: similar-looking letters of the other script are replaced.

    >>> one_script("\\u0043портивная"), one_script("Kh\\u0430movniki")
    ('Спортивная', 'Khamovniki')
    """
    text = unicodedata.normalize("NFC", text)
    if _CYRILLIC.search(text) and _LATIN.search(text):
        text = _WORD.sub(lambda word: _of_one_script(word.group()), text)
    return text


def phonetic_form(plain: str) -> str:
    """
    A rough Latin form of a lower-case text, which is equal for the common transliterations of Russian and Kazakh.

    >>> phonetic_form("хамовники"), phonetic_form("khamovniki")
    ('hamovniki', 'hamovniki')
    >>> phonetic_form("щёлковская") == phonetic_form("shchyolkovskaya")
    True
    """
    text = plain.replace("ё", "е").translate(_SOUNDS)
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    while True:
        before = text
        for pattern, sound in _ALIKE:
            text = pattern.sub(sound, text)
        if text == before:
            return text


def _of_one_script(word: str) -> str:
    latin, cyrillic = len(_LATIN.findall(word)), len(_CYRILLIC.findall(word))
    if not latin or not cyrillic:
        return word
    if latin > cyrillic and not _CYRILLIC.search(word.translate(_TO_LATIN)):
        return word.translate(_TO_LATIN)
    return word.translate(_TO_CYRILLIC)
