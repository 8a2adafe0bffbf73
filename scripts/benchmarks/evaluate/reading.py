"""Precision and recall of reading on the corpora: ``python -m scripts.benchmarks.evaluate.reading [--wrong]``."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts
from scripts.benchmarks.evaluate.reading_corpus import Case, Reading, cases, shown


@dataclass(frozen=True)
class Measure:
    """The numbers of correct, given and expected readings."""

    right: int
    given: int
    due: int

    @property
    def precision(self) -> float:
        """The share of given readings that are correct."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """The share of expected readings that were given."""
        return self.right / self.due if self.due else 1.0


def wishes_of(text: str) -> frozenset[Reading]:
    """The wishes read of *text*, to compare."""
    return frozenset((wish.kind, shown(wish.kind, wish.value), wish.strength) for wish in read_wishes(text))


def facts_of(text: str) -> frozenset[Reading]:
    """The facts read of *text*, to compare."""
    return frozenset((fact.kind, shown(fact.kind, fact.value), "") for fact in read_facts(text))


def measure(pairs: Iterable[tuple[frozenset[Reading], frozenset[Reading]]]) -> Measure:
    """Count over ``(due, given)`` of every text."""
    right = given = due = 0
    for wanted, readings in pairs:
        right, given, due = right + len(wanted & readings), given + len(readings), due + len(wanted)
    return Measure(right, given, due)


def _difference(case: Case, readings: frozenset[Reading]) -> str:
    missed = [
        f"-{kind}={value}{strength and ' ' + strength}" for kind, value, strength in sorted(case.readings - readings)
    ]
    added = [
        f"+{kind}={value}{strength and ' ' + strength}" for kind, value, strength in sorted(readings - case.readings)
    ]
    return f"  {case.text}\n      {'  '.join(missed + added)}"


@dataclass(frozen=True)
class CorpusRead:
    """One corpus, with the readings of each case."""

    name: str
    cases: list[tuple[Case, frozenset[Reading]]]

    @property
    def counted(self) -> Measure:
        """The measure over all its texts."""
        return measure((case.readings, readings) for case, readings in self.cases)


def read_corpora() -> list[CorpusRead]:
    """Read both corpora."""
    return [
        CorpusRead(name, [(case, read(case.text)) for case in cases(name)])
        for name, read in (("leads.txt", wishes_of), ("listings.txt", facts_of))
    ]


def as_markdown() -> list[str]:
    """The section of the page."""
    lines = [
        "## Reading of texts",
        "",
        "Two corpora of texts with all expected readings (kind, value and, for a lead, strength). A",
        "third are difficult (denials, typing errors, capitals, two wishes in a clause, numbers of something else).",
        "They were written together with the grammar, so they show what it covers, not how it reads other people's "
        "texts.",
        "",
        "| corpus | texts | readings | precision | recall |",
        "| --- | --- | --- | --- | --- |",
    ]
    for corpus in read_corpora():
        counted = corpus.counted
        lines.append(
            f"| `{corpus.name}` | {len(corpus.cases)} | {counted.due}"
            f" | {counted.precision:.3f} | {counted.recall:.3f} |"
        )
    return lines


def main() -> None:
    """Print the figures, and with ``--wrong`` every text with a wrong reading."""
    for corpus in read_corpora():
        counted = corpus.counted
        if "--wrong" in sys.argv:
            print(
                "\n".join(_difference(case, readings) for case, readings in corpus.cases if case.readings != readings)
            )
        print(
            f"{corpus.name}: {len(corpus.cases)} texts, {counted.due} readings,"
            f" precision {counted.precision:.3f}, recall {counted.recall:.3f}"
        )


if __name__ == "__main__":
    main()
