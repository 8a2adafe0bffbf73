"""
Words of a text as symbols of the grammar: all forms of a word in a phrase have one symbol.

The grammar contains some two thousand words, a text may contain any others. So the forms of the grammar's own words are
generated once, and each word of a text is looked up in a dictionary; a word that is not found has no meaning for the
grammar.

Three libraries were compared. pymorphy3 was chosen because only it generates the forms of a word, so that each word of
a text costs a look-up (0.05 microseconds) instead of an analysis (of 549 words of descriptions: pymorphy3 81, Snowball
26, simplemma 5 microseconds each). It knows cases, which show that «без детей, животных» continues the denial and «без
детей, балкон» does not, and it distinguishes a rare word from a typing error. Snowball gives «дети» and «детьми» two
stems, and «парк» and «парка» one; simplemma is nearly as good as pymorphy3, but can neither generate forms nor
recognise cases.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import pymorphy3
from pymorphy3.analyzer import Parse

from matching.reading.abbreviations import ABBREVIATED
from matching.reading.kazakh import MIN_LETTERS, STEMS, kazakh_forms, without
from matching.reading.numerals import NUMERALS, ORDINALS

#: A word (with its combining marks), a number, a line end, or one other mark. The letters of most words are named,
#: since a set is faster than a class; the quantifiers are possessive ("++"), since no two parts share a character. A
#: number's last is not; Python before 3.11.5 keeps what a possessive group matched before it failed ("5," of "5, 6")
TOKEN = re.compile(
    r"([a-zA-Zа-яёА-ЯЁ]++[^\W\d_]*+(?:[\u0300-\u036f]++[^\W\d_]*+)*+|\d++(?:[.,]\d++)*|[^\w\s]|\n"
    r"|[^\W\d_]++(?:[\u0300-\u036f]++[^\W\d_]*+)*+)"
)

#: Kazakh endings for "in", "from" and "to" a place.
_PLACE_ENDINGS = ("да", "де", "та", "те", "дан", "ден", "тан", "тен", "ға", "га", "ге", "ка", "ке", "ның", "нын")
#: Words shorter than this are not corrected: too many short words are one letter apart.
MIN_LETTERS_TO_CORRECT = 5
MAX_WORDS_REMEMBERED = 400_000

#: Kazakh letters are often typed as their nearest Russian ones; both sides are folded alike.
_FOLDED = str.maketrans("ёқңғүұөәіһ", "екнгууоаих")
_LATIN_LOOKALIKES = str.maketrans("aceopxykmthb", "асеорхукмтнв")
_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_CYRILLIC = re.compile(r"[а-яё]")
_LATIN = re.compile(r"[a-z]")
#: Vowels that are confused where they are not stressed.
_SOUNDS_LIKE = {"а": "о", "о": "а", "е": "и", "и": "е"}
_QUOTES = frozenset("«»\"'“”„*_")
_SIGNS = frozenset("№°")
#: «❌ агенты» refuses them.
CROSSES = frozenset("❌✖✗✘🚫⛔")
#: «🚇 7 мин» means the metro, as if the word were written.
_PICTURED = {"🚇": "метро", "Ⓜ": "метро", "🚊": "метро", "🚭": "некурящий"}
#: The mark as which a pictograph is read: «✅ лоджия ✅ паркинг» is a list.
BULLET = "•"
_WORD_CLASSES = ("NOUN", "ADJF", "PRTF", "INFN", "NUMR", "ADJS", "PRTS", "VERB", "NPRO")


@dataclass(frozen=True, slots=True)
class Word:
    """
    The grammar's information about one token.

    Attributes:
        symbol: The grammar's word of which this is a form, the digits of a number, or a mark.
        number: The value of a number or a numeral.
        ordinal: Whether it is an ordinal: «третий».
        exact: «=form» if a phrase contains only this form.
        case: ``nominative`` if the form can be a nominative but not a genitive, ``genitive`` (as after «без») in the
            opposite case, ``other`` if it can be neither; "" if it can be both, or if the word has one form.
        short: Whether it is an abbreviation, so that a dot after it does not end a sentence.
    """

    symbol: str
    exact: str = ""
    number: float | None = None
    ordinal: bool = False
    case: str = ""
    short: bool = False


@lru_cache(maxsize=1)
def morphology() -> pymorphy3.MorphAnalyzer:
    """The analyser, loaded at the first use (0.2 s, 15 MB)."""
    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=4_096)  # a text's words are folded again for each name that may begin or end there
def fold(word: str) -> str:
    """
    The form in which a word is compared.

    This is lower case, with е for ё, Kazakh letters replaced by similar Russian ones, and Latin letters that look
    Cyrillic replaced by Cyrillic ones if the word contains both.

    >>> fold("Ёлка"), fold("қабат"), fold("кyхня")
    ('елка', 'кабат', 'кухня')
    """
    plain = unicodedata.normalize("NFC", word).lower().translate(_FOLDED)
    if _CYRILLIC.search(plain) and _LATIN.search(plain):
        plain = plain.translate(_LATIN_LOOKALIKES)
    return plain


class _Memory(dict[str, Word | None]):
    """A cache of tokens and their words."""

    def __init__(self, vocabulary: "Vocabulary") -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, token: str) -> Word | None:
        word = self._vocabulary.learn(token)
        if len(self) > MAX_WORDS_REMEMBERED:  # a long-lived process keeps meeting new words
            self.clear()
        self[token] = word
        return word


class Vocabulary:
    """
    Maps a token to its :class:`Word`, cached for each distinct token. Threads may share one.

    Args:
        words: Base forms, or «=form» for one form alone.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._forms: dict[str, Word] = {}
        #: Token to word, for direct use; a missing token is looked up and added.
        self.remembered = _Memory(self)
        written = {*words, *NUMERALS, *ORDINALS}
        base_words = sorted(word for word in written if not word.startswith("="))
        # Base forms first, so that a phrase written with another form of a word means that word.
        for word in sorted(base_words, key=lambda word: (not _is_base_form(word), word)):
            if word not in self._forms:
                self._add_forms(word)
        for short, word in ABBREVIATED.items():
            if word in self._forms:
                self._forms.setdefault(short, Word(self._forms[word].symbol, short=True))
        for word in written:
            if word.startswith("="):
                known = self._forms.get(word[1:], Word(word[1:]))
                self._forms[word[1:]] = replace(known, exact=word)

    def symbol(self, word: str) -> str:
        """The symbol of a word in the spelling of a phrase."""
        return word if word.startswith("=") or word not in self._forms else self._forms[word].symbol

    @staticmethod
    def _numeral(word: str) -> tuple[float | None, bool]:
        if word in NUMERALS:
            return NUMERALS[word], False
        return ORDINALS.get(word), word in ORDINALS

    def _add_forms(self, word: str) -> None:
        number, ordinal = self._numeral(word)
        forms = forms_of(word) if len(word) >= 3 and _CYRILLIC.search(word) else []
        self._forms[word] = Word(word, number=number, ordinal=ordinal, case=dict(forms).get(word, ""))
        if _LATIN.search(word):
            for form in (word + "s", word + "es", word[:-1] + "ies" if word[-1] == "y" else word + "s"):
                self._forms.setdefault(form, Word(word, number=number, ordinal=ordinal))
        for form, case in forms:
            self._forms.setdefault(form, Word(word, number=number, ordinal=ordinal, case=case))
        for form in _kazakh_forms_of(word):
            self._forms.setdefault(form, Word(word))

    def word(self, token: str) -> Word | None:
        """The grammar's word of *token*, or None."""
        return self.remembered[token]

    def learn(self, token: str) -> Word | None:
        """Look up *token* among the forms, or correct its spelling."""
        if token[0].isdecimal():
            if len(token) > 15:
                return None
            number = number_of(token)
            return Word(f"{number:g}" if number is not None else token, number=number)
        if not token[0].isalnum():
            if token in _QUOTES:
                return None
            if token in _PICTURED:
                return self._forms.get(_PICTURED[token])
            is_pictograph = unicodedata.category(token) == "So" and token not in _SIGNS | CROSSES
            return Word(BULLET if is_pictograph else token)
        plain = fold(token)
        symbol = self._forms.get(plain)
        if symbol is None and len(plain) == MIN_LETTERS_TO_CORRECT - 1 and _CYRILLIC.search(plain):
            return self._with_another_vowel(plain)
        if symbol is None and len(plain) >= MIN_LETTERS_TO_CORRECT and len(plain) < 30 and _CYRILLIC.search(plain):
            return self._correct(plain)
        return symbol

    def _with_another_vowel(self, plain: str) -> Word | None:
        """«этож»: a short word with one vowel written as it sounds, if only one word of the grammar is meant."""
        written = [
            plain[:i] + _SOUNDS_LIKE[letter] + plain[i + 1 :]
            for i, letter in enumerate(plain)
            if letter in _SOUNDS_LIKE
        ]
        meant = {self._forms[form] for form in written if form in self._forms}
        return next(iter(meant)) if len(meant) == 1 and not morphology().word_is_known(plain) else None

    def _correct(self, plain: str) -> Word | None:
        """The one word of the grammar that is one edit away from a word that Russian does not know."""
        if morphology().word_is_known(plain) or _is_kazakh_form_of_a_place(plain):
            return None
        undoubled = {plain[:i] + plain[i + 1 :] for i in range(1, len(plain)) if plain[i] == plain[i - 1]}
        if len(known := {self._forms[form] for form in undoubled if form in self._forms and len(form) > 3}) == 1:
            return next(iter(known))  # «лиффт»
        minimum = max(5, 11 - len(plain))
        forms = sorted(form for form in _edits(plain) if form in self._forms and len(form) >= minimum)
        # In the order of the letters, so that of two forms of a word every process takes the same.
        corrections = [self._forms[form] for form in forms]
        corrections = [word for word in corrections if not word.exact] or corrections  # «последнй» is no «последн»
        symbols = {word.symbol for word in corrections}
        # «балконм» may also be «балком»: of a word and its abbreviation the word is meant.
        whole = {
            symbol for symbol in symbols if not any(other != symbol and other.startswith(symbol) for other in symbols)
        }
        return next(word for word in corrections if word.symbol in whole) if len(whole) == 1 else None


def _is_kazakh_form_of_a_place(plain: str) -> bool:
    """«астанада», "in Astana", which is one edit away from «асханада», "in the kitchen"."""
    stems = (plain[: -len(ending)] for ending in _PLACE_ENDINGS if plain.endswith(ending))
    return any("Geox" in parse.tag for stem in stems for parse in morphology().parse(stem) if parse.is_known)


def number_of(digits: str) -> float | None:
    """
    The value of a token of digits: «12,5», "12.5", «1.500.000»; None if it is not a number.

    >>> number_of("12,5"), number_of("1.500.000"), number_of("12.05.2024")
    (12.5, 1500000.0, None)
    """
    parts = re.split("[.,]", digits)
    if len(parts) == 1:
        return float(digits)
    if len(parts) == 2 and len(parts[1]) != 3:
        return float(f"{parts[0]}.{parts[1]}")
    if all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3:
        return float("".join(parts))
    return float(f"{parts[0]}.{parts[1]}") if len(parts) == 2 else None


def _is_base_form(word: str) -> bool:
    # Short words are abbreviations: «см» is not a form of «смотреть».
    return len(word) <= 3 or fold(_parses(word)[0].normal_form) == word


def _kazakh_forms_of(word: str) -> set[str]:
    """All forms, folded, of a Kazakh noun of the grammar («мысык»), or of a denied one («жихазсыз»)."""
    if word in STEMS:
        forms = kazakh_forms(STEMS[word])
    elif word.endswith("сыз") and word[:-3] in STEMS:
        forms = without(STEMS[word[:-3]])
    else:
        return set()
    return {fold(form) for form in forms if len(form) >= MIN_LETTERS}


def forms_of(word: str) -> list[tuple[str, str]]:
    """All forms of a folded Russian word with their cases (see :class:`Word`); empty if there are none."""
    parses = [parse for parse in _parses(word) if fold(parse.word) == word and parse.tag.POS is not None]
    own = [parse for parse in parses if fold(parse.normal_form) == word]
    parse = next((parse for parse in own or parses if parse.tag.POS in _WORD_CLASSES), None)
    if parse is None:
        return []
    part_of_speech = str(parse.tag.POS)
    lexeme = [form for each in dict.fromkeys([parse, *own]) if each.tag.POS in _WORD_CLASSES for form in each.lexeme]
    if part_of_speech == "ADJF":  # «меблированный» is an adjective too, but «меблирована» a participle only
        twin = next((other for other in parses if other.tag.POS == "PRTF"), None)
        lexeme += [form for form in twin.lexeme if str(form.tag.POS).startswith("PRT")] if twin else []
    nominative: set[str] = set()
    genitive: set[str] = set()
    others: set[str] = set()
    sets = {"nomn": nominative, "gent": genitive}
    for form in lexeme:
        kind = str(form.tag.POS)
        if part_of_speech.startswith("PRT") and not kind.startswith("PRT"):
            continue
        if part_of_speech in ("VERB", "INFN") and kind.startswith("PRT") or kind == "COMP":
            continue
        sets.get(str(form.tag.case), others).add(fold(form.word))
    return [(form, _case_of(form, nominative, genitive)) for form in sorted(nominative | genitive | others)]


def _case_of(form: str, nominative: set[str], genitive: set[str]) -> str:
    if form in nominative:
        return "" if form in genitive else "nominative"
    return "genitive" if form in genitive else "other"


@lru_cache(maxsize=4096)  # each word is looked up twice
def _parses(word: str) -> list[Parse]:
    return morphology().parse(word)


def _edits(word: str) -> set[str]:
    """All strings that differ from *word* by one letter deleted, inserted, replaced or swapped with its neighbour."""
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return (
        {a + b[1:] for a, b in splits if b}
        | {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
        | {a + c + b[1:] for a, b in splits if b for c in _LETTERS}
        | {a + c + b for a, b in splits for c in _LETTERS}
    )
