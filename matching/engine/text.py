"""The words of leads' and properties' whole texts, and the worth of each word.

Russian and English. «у метро» and "метро рядом" match because words are stemmed. «без животных» and «с животными» do
not, because a negation is joined to the word that it denies, which is the next significant word of its sentence.

A lead's words and a property's are compared as Okapi BM25 does (Robertson and Zaragoza 2009), on a scale of 0 to 1::

    likeness = sum_w idf_w f_w / sum_w idf_w        over the words w of the lead
    f_w      = min(1, c (k1 + 1) / (c + k1 (1 - b + b length / mean length)) / full)    c times in the text
    idf_w    = ln(1 + (n - n_w + 1/2) / (n_w + 1/2)) ** 0.7        n_w of n texts contain w

If a property's text of mean length contains each word of the lead once, the likeness is 1 / full = 0.83; in a text of
a quarter of that length it is 1.
"""

import io
import re
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.reading.origins import names_origin

#: A word that no property's text has is ignored if fewer texts than this have it: it could only make the words that
#: properties do have count less. In a corpus of under a hundred texts every word counts.
MIN_LEADS_WITH_WORD = 2
MAX_WORDS = 60_000
MAX_WORDS_REMEMBERED = 500_000
#: BM25's parameters: how soon repeating a word stops helping, and how much long texts are discounted.
K1, B = 0.8, 0.5
#: The power of BM25's rarity by which a word counts: below 1, one rare word outweighs the others less.
RARITY_POWER = 0.7
#: The value of BM25 for a word that counts fully. With 1, its value in a text of mean length, all shorter texts with
#: the lead's words would be equal.
FULL = 1.2
#: How many words of a lead's text are used, the rarest first. The limit bounds the rounding error.
MAX_LEAD_WORDS = 48
#: Property-side parts of a word that counts fully.
WORD_PARTS = 64
#: The column of a stem that the model does not contain.
_NO_COLUMN = -1

_WORD_OR_END = re.compile(r"[^\W_]+|[.!?;\n]")
_SENTENCE_ENDS = ".!?;\n"
_CYRILLIC = re.compile(r"[а-я]")
_NEGATIONS = frozenset("не без нет ни нельзя кроме no not without non never".split())
_STOP_WORDS = frozenset(
    """
    а в во вы где да для до его ее если есть же за и из или их к как ко который ли мы на над о об он она они
    оно от по под при с со так также то у что чтобы это я очень можно нужно нужен нужна желательно хочу ищу
    только строго исключительно обязательно only strictly
    a an and are as at be by for from in is it its of on or our that the their there this to we with you your
    """.split()
)


@dataclass(frozen=True)
class Words:
    """The words of each of n texts: CSR, codes ascending; the meaning of *worth* depends on the side of the text."""

    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    worth: NDArray[np.float32]


class TextModel:
    """
    The worth of the words of one corpus, learnt once and then fixed, so that a pair has the same score wherever it is
    computed.

    Threads may share a model.

    Attributes (after :meth:`fit`):
        words_: Stem to code.
        idf_: (words,) float32, before the power.
        mean_length_: The mean number of significant words in a text.
    """

    def __init__(self) -> None:
        self.words_: dict[str, int] = {}
        self.idf_ = np.zeros(0, np.float32)
        self.mean_length_ = 1.0
        self._reader = self._new_reader()

    @classmethod
    def empty(cls) -> "TextModel":
        """The model without words: text then counts as not stated for every lead."""
        return cls()

    @classmethod
    def fit(cls, property_texts: Sequence[str], lead_texts: Sequence[str] = ()) -> "TextModel":
        """
        Learn from the texts of both sides (repeats count once), in any order.

        A word that a single property has is known: a lead that names a house number or an estate which nothing else
        mentions means that property. A corpus without a usable word gives :meth:`empty`.
        """
        model = cls()
        of_properties = {text for text in property_texts if text}
        corpus = sorted(of_properties.union(text for text in lead_texts if text))
        code_of_stem: dict[str, int] = {}
        reader = _Reader(lambda stem: code_of_stem.setdefault(stem, len(code_of_stem)))
        rows, stems = reader.of_texts(corpus)
        if len(rows):
            model.mean_length_ = max(len(rows) / len(corpus), 1.0)
            on_market = np.array([text in of_properties for text in corpus])
            model._choose_words(rows, stems, list(code_of_stem), on_market)
        return model

    def lead_words(self, texts: Sequence[str]) -> Words:
        """The words of leads' texts; the worths of each row add up to 1, unless the model knows none of its words."""
        rows, codes, _, _ = self._counted(texts)
        idf = self.idf_[codes].astype(np.float64) ** RARITY_POWER
        # The rarest words of each text, sorted by code again.
        order = np.lexsort((codes, -idf, rows))
        place = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
        kept = np.sort(order[place < MAX_LEAD_WORDS])
        rows, codes, idf = rows[kept], codes[kept], idf[kept]
        total = np.bincount(rows, idf, minlength=len(texts))
        return _words(rows, codes, idf / np.maximum(total[rows], 1e-12), len(texts))

    def property_words(self, texts: Sequence[str]) -> Words:
        """The words of properties' texts; *worth* in parts of WORD_PARTS, whole numbers above 0."""
        rows, codes, counts, lengths = self._counted(texts)
        longer = 1 - B + B * lengths[rows] / self.mean_length_
        parts = np.floor(WORD_PARTS * np.minimum(1, counts * (K1 + 1) / (counts + K1 * longer) / FULL))
        return _words(rows, codes, np.maximum(parts, 1), len(texts))

    def to_bytes(self) -> bytes:
        """The model as a compressed .npz, without pickle."""
        buffer = io.BytesIO()
        words = "\n".join(self.words_).encode()
        np.savez_compressed(
            buffer,
            words=np.frombuffer(words, np.uint8),
            idf=self.idf_,
            mean_length=np.array([self.mean_length_]),
            version=np.array([2]),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TextModel":
        """Raises InvalidInputError when *data* did not come from :meth:`to_bytes`."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                words, idf = stored["words"].tobytes().decode(), stored["idf"]
                # Models of version 1 lack this value and are used until the next fit.
                mean_length = float(stored["mean_length"][0]) if "mean_length" in stored else 30.0
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidInputError(f"not a stored text model: {error}") from error
        model = cls()
        model.words_ = {word: code for code, word in enumerate(words.split("\n") if words else [])}
        if len(model.words_) != len(idf):
            raise InvalidInputError(f"a text model of {len(model.words_)} words with idf {idf.shape}")
        model.idf_, model.mean_length_ = idf, mean_length
        return model

    def _new_reader(self) -> "_Reader":
        return _Reader(lambda stem: self.words_.get(stem, _NO_COLUMN))

    def _choose_words(
        self, rows: NDArray[np.int64], stems: NDArray[np.int64], names: Sequence[str], on_market: NDArray[np.bool_]
    ) -> None:
        """
        Keep the stems that a property or enough leads have, most frequent first, then by name, so that the order is
        fixed. *on_market* (texts,) says which texts are properties'.
        """
        n_texts = len(on_market)
        pairs = np.unique(rows * len(names) + stems)
        texts_with = np.bincount(pairs % len(names), minlength=len(names))
        known = np.bincount(pairs[on_market[pairs // len(names)]] % len(names), minlength=len(names)) > 0
        known |= texts_with >= (MIN_LEADS_WITH_WORD if n_texts >= 100 else 1)
        kept = sorted(np.flatnonzero(known).tolist(), key=lambda stem: (-texts_with[stem], names[stem]))
        kept = kept[:MAX_WORDS]
        self.words_ = {names[stem]: code for code, stem in enumerate(kept)}
        texts_with_word = texts_with[kept]
        self.idf_ = np.log(1 + (n_texts - texts_with_word + 0.5) / (texts_with_word + 0.5)).astype(np.float32)

    def _counted(
        self, texts: Sequence[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Row, code and count of each known word of each text, ascending; and the number of significant words."""
        if not self.words_ or not len(texts):
            none = np.zeros(0, np.int64)
            return none, none, none, np.zeros(len(texts), np.int64)
        reader = self._reader
        if len(reader) > MAX_WORDS_REMEMBERED:  # a long-lived process keeps meeting new words
            reader = self._reader = self._new_reader()
        rows, codes = reader.of_texts(texts)
        lengths = np.bincount(rows, minlength=len(texts))
        known = codes >= 0
        keys, counts = np.unique(rows[known] * len(self.words_) + codes[known], return_counts=True)
        return keys // len(self.words_), keys % len(self.words_), counts, lengths


def _words(rows: NDArray[np.int64], codes: NDArray[np.int64], worth: NDArray, n: int) -> Words:
    indptr = np.searchsorted(rows, np.arange(n + 1)).astype(np.int64)
    return Words(indptr, codes.astype(np.int32), worth.astype(np.float32))


class _Reader:
    """
    Converts texts into the numbers of their significant words; each distinct word is stemmed once per reader.

    Threads may share a reader if they may share *number_of_stem*, which is called with a stem, and with its denial
    "не_stem".
    """

    def __init__(self, number_of_stem: Callable[[str], int]) -> None:
        self._number_of_stem = number_of_stem
        self._russian, self._english = snowballstemmer.stemmer("russian"), snowballstemmer.stemmer("english")
        # Maps a word to the numbers of its stem and of its denial, a stop word to None, a negation to True. The end of
        # a sentence maps to False: «Животных нет. Рядом парк» does not deny the park.
        self._of_word: dict[str, tuple[int, int] | bool | None] = dict.fromkeys(_SENTENCE_ENDS, False)
        # A stemmer stores the current word as its state: two threads using one would stem each other's words.
        self._stemming = threading.Lock()

    def __len__(self) -> int:
        """Words remembered."""
        return len(self._of_word)

    def of_texts(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """``(text's row, stem's number)`` of every significant word of every text."""
        stems: list[int] = []
        ends = np.zeros(len(texts) + 1, np.int64)
        known = self._of_word
        for row, text in enumerate(texts):
            denied = False
            # NFC: some programs write й and ё as a letter and a combining mark, which would split the word in two.
            plain = unicodedata.normalize("NFC", text).lower().replace("ё", "е")
            for word in _WORD_OR_END.findall(plain):
                meaning = known[word] if word in known else self._learn(word)
                if meaning is None:
                    continue
                if meaning is True or meaning is False:
                    denied = meaning
                    continue
                stems.append(meaning[denied])
                denied = False
            ends[row + 1] = len(stems)
        return np.repeat(np.arange(len(texts)), np.diff(ends)), np.array(stems, np.int64)

    def _learn(self, word: str) -> tuple[int, int] | bool | None:
        meaning: tuple[int, int] | bool | None
        if word in _NEGATIONS:
            meaning = True
        elif word in _STOP_WORDS or names_origin(word):  # refusals by origin or belief are ignored
            meaning = None
        else:
            with self._stemming:
                stem = (self._russian if _CYRILLIC.search(word) else self._english).stemWord(word)
                meaning = (self._number_of_stem(stem), self._number_of_stem(f"не_{stem}"))
        self._of_word[word] = meaning
        return meaning
