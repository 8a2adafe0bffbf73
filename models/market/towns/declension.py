"""Names of towns in oblique cases, as they occur in sentences: «в Набережных Челнах», «из Тулы»."""

import itertools
import re
from collections.abc import Iterator

#: Ending of an oblique case -> possible endings of the nominative; the longest matching ending first.
_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("дан", ("",)),
    ("ден", ("",)),
    ("тан", ("",)),
    ("тен", ("",)),
    ("ого", ("ый", "ой", "ое")),
    ("его", ("ий", "ее")),
    ("ому", ("ый", "ой", "ое")),
    ("ему", ("ий", "ее")),
    ("ами", ("ы", "а")),
    ("ями", ("и",)),
    ("ьце", ("ец",)),
    ("ьца", ("ец",)),
    ("ах", ("ы", "и")),
    ("ях", ("и",)),
    ("ых", ("ые",)),
    ("их", ("ие",)),
    ("це", ("ец", "ца", "ц")),
    ("ца", ("ец",)),
    ("ом", ("ый", "ой", "ое", "", "о")),
    ("ем", ("ий", "ее", "ь", "й", "е")),
    ("ой", ("ая", "а")),
    ("ей", ("яя", "я", "ь")),
    ("ую", ("ая",)),
    ("ью", ("ь",)),
    ("да", ("",)),
    ("де", ("",)),
    ("та", ("",)),
    ("те", ("",)),
    ("ии", ("ия", "ий")),
    ("ов", ("ы",)),
    ("е", ("", "а", "ь", "о", "я", "й")),
    ("а", ("", "о")),
    ("у", ("", "а", "о")),
    ("ы", ("а",)),
    ("и", ("ь", "а", "я", "й")),
    ("ю", ("ь", "й", "я")),
    ("я", ("ь", "й", "е")),
)
#: Words that the name of a person follows in the genitive.
_PERSON = re.compile(r"^\w+(?:[ое]ва|[иы]на|ого|его)$")
_MIN_STEM = 2
_MAX_WORDS = 3


def nominatives(plain: str) -> Iterator[str]:
    """
    Nominatives of a name that may be in an oblique case, in the form of :func:`spelling.normal`; few of them are real
    names.

    >>> "набережные челны" in nominatives("набережных челнах"), "тула" in nominatives("туле")
    (True, True)
    >>> "шымкент" in nominatives("шымкентте"), "астана" in nominatives("астанадан")
    (True, True)
    >>> list(nominatives("омск"))
    []
    """
    words = plain.split()
    # «Кирова», «Жуковского» are streets.
    if len(words) <= _MAX_WORDS and not _PERSON.search(plain):
        forms = itertools.product(*([word, *_nominatives_of(word)] for word in words))
        yield from (name for form in forms if (name := " ".join(form)) != plain)


def _nominatives_of(word: str) -> Iterator[str]:
    for ending, others in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _MIN_STEM:
            yield from (stem + other for other in others)
