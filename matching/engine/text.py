"""Free words of leads and properties as short vectors: stemmed TF-IDF, then truncated SVD.

Russian and English. «у метро» and "метро рядом" meet because words are stemmed; «без животных» and «с
животными» do not, because a negation is joined to the word it denies: the next telling one of its sentence.
"""

import io
import re
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Sequence

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from matching.errors import InvalidInputError

#: Width of every text vector; a small corpus fills fewer of them.
TEXT_DIMENSIONS = 32
#: Words seen in fewer texts say nothing about likeness; in a corpus of under a hundred texts every word counts.
LEAST_TEXTS_WITH_WORD = 2
MOST_WORDS = 30_000
#: The SVD is fitted on at most this many texts: more change the axes little and cost in proportion.
MOST_TEXTS_FOR_AXES = 20_000
MOST_WORDS_REMEMBERED = 500_000
#: Stands for a stem that is no word of the model.
_NO_COLUMN = -1

_WORD_OR_END = re.compile(r"[^\W_]+|[.!?;\n]")
_SENTENCE_ENDS = ".!?;\n"
_CYRILLIC = re.compile(r"[а-я]")
_NEGATIONS = frozenset("не без нет ни нельзя кроме no not without non never".split())
_STOP_WORDS = frozenset(
    """
    а в во вы где да для до его ее если есть же за и из или их к как ко который ли мы на над о об он она они
    оно от по под при с со так также то у что чтобы это я очень можно нужно нужен нужна желательно хочу ищу
    a an and are as at be by for from in is it its of on or our that the their there this to we with you your
    """.split()
)


class TextModel:
    """What the words of one corpus are worth, learnt once and then fixed, so that a pair scores the same wherever it is scored.

    Threads may share a model.

    Attributes (after :meth:`fit`):
        words_: Stem to column.
        idf_: (words,) float32, ``1 + ln((1 + n) / (1 + texts with the word))``.
        axes_: (words, TEXT_DIMENSIONS) float32; columns beyond what the corpus supports are 0.
    """

    def __init__(self) -> None:
        self.words_: dict[str, int] = {}
        self.idf_ = np.zeros(0, np.float32)
        self.axes_ = np.zeros((0, TEXT_DIMENSIONS), np.float32)
        self._reader = self._new_reader()

    @classmethod
    def empty(cls) -> "TextModel":
        """The model that knows no word: text then counts as unstated for every lead."""
        return cls()

    @classmethod
    def fit(cls, texts: Sequence[str], seed: int) -> "TextModel":
        """Learn from *texts* (repeats count once). The same texts in any order and the same seed give the same model.

        A corpus without a usable word gives :meth:`empty`.
        """
        model = cls()
        corpus = sorted(set(texts))
        number_of_stem: dict[str, int] = {}
        reader = _Reader(lambda stem: number_of_stem.setdefault(stem, len(number_of_stem)))
        rows, stems = reader.of_texts(corpus)
        column_of_stem = model._choose_words(rows, stems, list(number_of_stem), len(corpus))
        if model.words_:
            model._fit_axes(model._weighted(rows, column_of_stem[stems], len(corpus)), seed)
        return model

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Vectors of *texts*, float32 (n, TEXT_DIMENSIONS): unit length, or all 0 where no word is known.

        A text's vector does not depend on the texts beside it.
        """
        unique = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        if not self.words_ or not unique:
            return np.zeros((len(texts), TEXT_DIMENSIONS), np.float32)
        reader = self._reader
        if len(reader) > MOST_WORDS_REMEMBERED:  # a long-lived process meets new words for ever
            reader = self._reader = self._new_reader()
        rows, columns = reader.of_texts(list(unique))
        vectors = self._weighted(rows, columns, len(unique)) @ self.axes_.astype(np.float64)
        length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, np.newaxis]
        vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-6)
        return vectors.astype(np.float32)[[unique[text] for text in texts]]

    def to_bytes(self) -> bytes:
        """The model as a compressed .npz, without pickle."""
        buffer = io.BytesIO()
        words = "\n".join(self.words_).encode()
        np.savez_compressed(
            buffer,
            words=np.frombuffer(words, np.uint8),
            idf=self.idf_,
            axes=self.axes_,
            version=np.array([1]),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TextModel":
        """Raises InvalidInputError when *data* did not come from :meth:`to_bytes`."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                words, idf, axes = stored["words"].tobytes().decode(), stored["idf"], stored["axes"]
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidInputError(f"not a stored text model: {error}") from error
        model = cls()
        model.words_ = {word: column for column, word in enumerate(words.split("\n") if words else [])}
        if len(model.words_) != len(idf) or axes.shape != (len(idf), TEXT_DIMENSIONS):
            raise InvalidInputError(
                f"a text model of {len(model.words_)} words with idf {idf.shape}, axes {axes.shape}"
            )
        model.idf_, model.axes_ = idf, axes
        return model

    def _new_reader(self) -> "_Reader":
        return _Reader(lambda stem: self.words_.get(stem, _NO_COLUMN))

    def _choose_words(
        self, rows: NDArray[np.int64], stems: NDArray[np.int64], names: Sequence[str], n_texts: int
    ) -> NDArray[np.int64]:
        """
        Keep the stems that enough texts hold, the commonest first; by name among equals, so that order is fixed.

        Returns: The column of each stem of *names*.
        """
        columns = np.full(len(names), _NO_COLUMN, np.int64)
        if not len(names):
            return columns
        pairs = np.unique(rows * len(names) + stems)
        texts_with = np.bincount(pairs % len(names), minlength=len(names))
        least = LEAST_TEXTS_WITH_WORD if n_texts >= 100 else 1
        kept = sorted(np.flatnonzero(texts_with >= least), key=lambda stem: (-texts_with[stem], names[stem]))[
            :MOST_WORDS
        ]
        columns[kept] = np.arange(len(kept))
        self.words_ = {names[stem]: column for column, stem in enumerate(kept)}
        self.idf_ = (1 + np.log((1 + n_texts) / (1 + texts_with[kept]))).astype(np.float32)
        return columns

    def _weighted(self, rows: NDArray[np.int64], columns: NDArray[np.int64], n_texts: int) -> csr_matrix:
        """TF-IDF with sublinear counts, (1 + ln count) * idf, rows of unit length, float64 (n_texts, words)."""
        known = columns >= 0
        counts = csr_matrix((np.ones(known.sum()), (rows[known], columns[known])), (n_texts, len(self.words_)))
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.idf_[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        counts.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(counts.indptr))
        return counts

    def _fit_axes(self, weighted: csr_matrix, seed: int) -> None:
        rng = np.random.default_rng(seed)
        if weighted.shape[0] > MOST_TEXTS_FOR_AXES:
            weighted = weighted[np.sort(rng.choice(weighted.shape[0], MOST_TEXTS_FOR_AXES, replace=False))]
        self.axes_ = np.zeros((len(self.words_), TEXT_DIMENSIONS), np.float32)
        if min(weighted.shape) <= 2 * TEXT_DIMENSIONS:
            # So small that all axes can be had, and that each matters: the last may be what a negation turns on.
            axes = np.linalg.svd(weighted.toarray(), full_matrices=False)[2][:TEXT_DIMENSIONS]
        else:
            svd = TruncatedSVD(TEXT_DIMENSIONS, algorithm="randomized", n_iter=4, random_state=seed)
            axes = svd.fit(weighted).components_
        self.axes_[:, : len(axes)] = axes.T


class _Reader:
    """
    Texts as numbers of their telling words; each distinct word is stemmed once in a reader's life.

    Threads may share a reader if they may share *number_of_stem*, which is asked for a stem, and for its denial "не_stem".
    """

    def __init__(self, number_of_stem: Callable[[str], int]) -> None:
        self._number_of_stem = number_of_stem
        self._russian, self._english = snowballstemmer.stemmer("russian"), snowballstemmer.stemmer("english")
        # A word gives its stem's number and that of its denial; None for a stop word, True for a negation. A sentence's
        # end gives False: what is denied in «Животных нет. Рядом парк» is not the park.
        self._of_word: dict[str, tuple[int, int] | bool | None] = dict.fromkeys(_SENTENCE_ENDS, False)
        # A stemmer keeps the word in hand in itself: two threads in one would stem each other's words.
        self._stemming = threading.Lock()

    def __len__(self) -> int:
        """Words remembered."""
        return len(self._of_word)

    def of_texts(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """``(text's row, stem's number)`` of every telling word of every text."""
        stems: list[int] = []
        ends = np.zeros(len(texts) + 1, np.int64)
        known = self._of_word
        for row, text in enumerate(texts):
            denied = False
            # NFC: some programs write й and ё as a letter and a mark after it, which would cut the word in two.
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
        if word in _NEGATIONS:
            meaning = True
        elif word in _STOP_WORDS:
            meaning = None
        else:
            with self._stemming:
                stem = (self._russian if _CYRILLIC.search(word) else self._english).stemWord(word)
                meaning = (self._number_of_stem(stem), self._number_of_stem(f"не_{stem}"))
        self._of_word[word] = meaning
        return meaning
