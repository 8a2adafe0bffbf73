"""What the grammar reads of the two corpora."""

from collections.abc import Callable

import pytest

from scripts.benchmarks.evaluate.reading import facts_of, measure, wishes_of
from scripts.benchmarks.evaluate.reading_corpus import Reading, cases

MIN_SHARE = 0.95
MIN_TEXTS = 150

CORPORA = pytest.mark.parametrize(("name", "read"), [("leads.txt", wishes_of), ("listings.txt", facts_of)])


@CORPORA
def test_reading_is_precise_and_misses_little(name: str, read: Callable[[str], frozenset[Reading]]) -> None:
    counted = measure((case.readings, read(case.text)) for case in cases(name))

    assert counted.precision >= MIN_SHARE
    assert counted.recall >= MIN_SHARE


@CORPORA
def test_a_corpus_is_large_and_repeats_nothing(name: str, read: Callable[[str], frozenset[Reading]]) -> None:
    texts = [case.text for case in cases(name)]

    assert len(texts) >= MIN_TEXTS
    assert len(set(texts)) == len(texts)


def test_a_wrong_reading_lowers_the_measure() -> None:
    due = frozenset({("lift", "True", "wish"), ("balcony", "True", "wish")})
    found = frozenset({("lift", "True", "wish"), ("balcony", "False", "wish")})

    counted = measure([(due, found)])

    assert (counted.precision, counted.recall) == (0.5, 0.5)
