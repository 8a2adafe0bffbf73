"""BM25: the lexical baseline.

Robertson and Zaragoza, The Probabilistic Relevance Framework (2009): a home's score for a lead is the sum over the
lead's distinct stems of ``idf * tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length))`` with
``idf = ln(1 + (n - df + 0.5) / (df + 0.5))``.
"""

import re
from collections.abc import Sequence

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

K1, B = 1.2, 0.75
_WORD = re.compile(r"\w+")
_CYRILLIC = re.compile(r"[а-яё]")


class BM25:
    """An index of *texts*; asked, it gives every text's score."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._stemmers = snowballstemmer.stemmer("russian"), snowballstemmer.stemmer("english")
        self._stem_of: dict[str, str] = {}
        self._column_of: dict[str, int] = {}
        rows, columns = [], []
        for row, text in enumerate(texts):
            for stem in self._stems(text):
                rows.append(row)
                columns.append(self._column_of.setdefault(stem, len(self._column_of)))
        counts = csr_matrix((np.ones(len(rows)), (rows, columns)), (len(texts), max(1, len(self._column_of))))
        counts.sum_duplicates()
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        texts_with_stem = np.bincount(counts.indices, minlength=counts.shape[1])
        idf = np.log1p((len(texts) - texts_with_stem + 0.5) / (texts_with_stem + 0.5))
        saturation = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1e-9))
        tf = counts.data
        counts.data = idf[counts.indices] * tf * (K1 + 1) / (tf + np.repeat(saturation, np.diff(counts.indptr)))
        self._by_stem = counts.T.tocsr()

    def scores(self, query: str) -> NDArray[np.float64]:
        """Scores of all texts, float64 (texts,), 0 where no stem is shared."""
        known = sorted({self._column_of[stem] for stem in self._stems(query) if stem in self._column_of})
        return np.asarray(self._by_stem[known].sum(axis=0), np.float64).ravel()

    def _stems(self, text: str) -> list[str]:
        return [self._stem_of.get(word) or self._learn(word) for word in _WORD.findall(text.lower().replace("ё", "е"))]

    def _learn(self, word: str) -> str:
        stemmer = self._stemmers[0] if _CYRILLIC.search(word) else self._stemmers[1]
        self._stem_of[word] = stemmer.stemWord(word)
        return self._stem_of[word]
