"""
Forms of Kazakh words. No maintained library generates them; the endings follow from the sounds of the word.

A word can have endings for plural, owner and case, in this order: «мысық», «мысық-тар», «мысығ-ым», «мысығ-ымыз-бен».
"""

from collections.abc import Iterator

#: The grammar's name of the word, folded, to its stem in ordinary spelling.
STEMS: dict[str, str] = {
    "мысык": "мысық",
    "итим": "ит",
    "кушик": "күшік",
    "жануар": "жануар",
    "бала": "бала",
    "отбасы": "отбасы",
    "жануя": "жанұя",
    "студенттер": "студент",
    "жихаз": "жиһаз",
    "кабат": "қабат",
    "терезе": "терезе",
    "аула": "аула",
    "мектеп": "мектеп",
    "балабакша": "балабақша",
    "дукен": "дүкен",
    "саябак": "саябақ",
    "тоназыткыш": "тоңазытқыш",
    "делдал": "делдал",
    "депозит": "депозит",
    "кепил": "кепіл",
    "автотурак": "автотұрақ",
    "жатакхана": "жатақхана",
    "кондиционер": "кондиционер",
    "теледидар": "теледидар",
    "техника": "техника",
    "лифт": "лифт",
    "посредник": "посредник",
    "асхана": "асхана",
    "асуй": "асүй",
    "нарык": "нарық",
    "кужат": "құжат",
    # Russian words can have Kazakh endings too: «собакамен», «ипотекаға».
    "собака": "собака",
    "кошка": "кошка",
    "ипотека": "ипотека",
    "балкон": "балкон",
    "мебель": "мебель",
    "ремонт": "ремонт",
    "парковка": "парковка",
    "новостройка": "новостройка",
    "комиссия": "комиссия",
}
#: Shorter forms look like other words: «ит» is also how IT mortgages are written.
MIN_LETTERS = 4

_VOWELS = frozenset("аәеёиоөуұүыіэюя")
_FRONT = frozenset("әеёиөүіэ")
_VOICELESS = frozenset("пфкқтсшщчцхбвгд")
_SOFTENED = {"қ": "ғ", "к": "г", "п": "б"}


def kazakh_forms(stem: str) -> Iterator[str]:
    """
    The forms of a noun in ordinary spelling, including the bare stem.

    >>> forms = set(kazakh_forms("мысық"))
    >>> {"мысықпен", "мысығым", "мысықтарымызбен", "мысығыма"} <= forms
    True
    """
    for base in (stem, stem + _plural(stem)):
        yield from _cases(base, "")
        for owner in ("м", "мыз", "сы"):
            yield from _cases(_owned(base, owner), owner)


def without(stem: str) -> Iterator[str]:
    """
    The forms that mean "without".

    >>> list(without("жануар"))
    ['жануарсыз', 'жануарысыз', 'жануарынсыз', 'жануарларсыз', 'жануарларысыз', 'жануарларынсыз']
    """
    for base in (stem, stem + _plural(stem)):
        ending = "сіз" if _is_front(base) else "сыз"
        yield base + ending
        yield _owned(base, "сы") + ending
        yield f"{_owned(base, 'сы')}н{ending}"


def _cases(base: str, owner: str) -> Iterator[str]:
    a, y = ("е", "і") if _is_front(base) else ("а", "ы")
    last = base[-1]
    hard = last in _VOICELESS
    yield base
    if owner == "сы":
        endings = [f"н{a}", "н", f"н{y}ң", f"нд{a}", f"н{a}н", "мен"]
    else:
        dative = a if owner == "м" else ("қ" if a == "а" else "к") + a if hard else ("ғ" if a == "а" else "г") + a
        accusative = ("т" if hard else "н" if last in _VOWELS else "д") + y
        instrument = "пен" if hard else "бен" if last in "жз" else "мен"
        ablative = ("т" if hard else "н" if last in "мнң" else "д") + a + "н"
        genitive = ("т" if hard else "н" if last in _VOWELS or last in "мнң" else "д") + y + "ң"
        endings = [dative, accusative, genitive, ("т" if hard else "д") + a, ablative, instrument]
    for ending in endings:
        yield base + ending


def _plural(base: str) -> str:
    a = "е" if _is_front(base) else "а"
    last = base[-1]
    return ("т" if last in _VOICELESS else "д" if last in "лмнңзж" else "л") + a + "р"


def _owned(base: str, owner: str) -> str:
    y = "і" if _is_front(base) else "ы"
    ending = {"м": "м", "мыз": f"м{y}з", "сы": f"с{y}"}[owner]
    if base[-1] in _VOWELS:
        return base + ending
    softened = base[:-1] + _SOFTENED.get(base[-1], base[-1])
    return softened + (y if owner == "сы" else y + ending)


def _is_front(base: str) -> bool:
    return next((letter in _FRONT for letter in reversed(base) if letter in _VOWELS), False)
