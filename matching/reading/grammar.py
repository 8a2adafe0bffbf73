"""The grammar, compiled: the entries of every group as one tree for leads and one for listings."""

from collections.abc import Iterator
from functools import lru_cache

from matching.reading import (
    deal,
    finish,
    floor,
    furnishing,
    house,
    markers,
    outside,
    parking,
    plan,
    refusal,
    strength_words,
    tenants,
    terms,
    utilities,
)
from matching.reading.clauses import resolve
from matching.reading.entry import Entry, Side
from matching.reading.mentions import SUBJECT, Item, Meaning, Senses, Tokens, cut, items_of
from matching.reading.names import leave_out_names
from matching.reading.phrases import ANY, SKIPPED, PhraseTree, Slots, slots_of, words_of
from matching.reading.quantities import VOCABULARY, set_symbols
from matching.reading.skipped import SKIPPED_PHRASES
from matching.reading.uses import Uses
from matching.reading.words import Vocabulary

ENTRIES: tuple[Entry, ...] = (
    *floor.ENTRIES,
    *plan.ENTRIES,
    *finish.ENTRIES,
    *house.ENTRIES,
    *parking.ENTRIES,
    *outside.ENTRIES,
    *tenants.ENTRIES,
    *furnishing.ENTRIES,
    *deal.ENTRIES,
    *terms.ENTRIES,
    *utilities.ENTRIES,
    *refusal.ENTRIES,
)

_EVERYWHERE = SKIPPED | {"не", "без", "или", "от", "до", "под", ",", ".", "-", "/", "нет", "no", "not"}
#: Longer texts are truncated to this length, so that no text takes long.
MAX_CHARACTERS = 20_000


def _phrases(side: Side) -> Iterator[tuple[str, Meaning]]:
    """All phrases of *side* in the notation of :mod:`matching.reading.phrases`, and what they mean."""
    for entry in (SKIPPED_PHRASES, *markers.MARKERS, *strength_words.ENTRIES, *ENTRIES):
        yield entry.subject, Meaning(entry, SUBJECT)
        for says in entry.says:
            if says.side in ("both", side):
                yield says.phrases, Meaning(entry, says.value, says.only_denied, says.needs)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Every word in a phrase, with all its forms, built at the first use (about a second)."""
    sides: tuple[Side, Side] = ("lead", "listing")
    words = {word for side in sides for phrases, _ in _phrases(side) for word in words_of(phrases)}
    known = Vocabulary((words - {ANY}) | VOCABULARY)
    set_symbols(known.symbol)
    return known


@lru_cache(maxsize=2)
def tree(side: Side) -> PhraseTree[Meaning]:
    """The phrases that *side* uses."""
    return PhraseTree(_phrases(side), vocabulary().symbol, Senses)


@lru_cache(maxsize=2)
def uses(side: Side) -> Uses:
    """The possible uses of each token in a text of *side*."""
    return Uses(vocabulary(), tree(side).root.follows, anchors(side))


@lru_cache(maxsize=2)
def anchors(side: Side) -> frozenset[str]:
    """Words of which every phrase of a kind contains one; words that occur everywhere («в», «не») are excluded."""
    rarest = {
        word
        for phrases, meaning in _phrases(side)
        if not meaning.entry.kind.startswith("_")
        for slots in slots_of(phrases)
        for word in _longest_words(slots)
    }
    return frozenset(map(vocabulary().symbol, rarest))


def _longest_words(slots: Slots) -> Iterator[str]:
    """For every sequence of words that *slots* stand for, its longest word; one of ``_EVERYWHERE`` only if all are."""
    words = {""}
    for options in slots:
        words = {max((word, *option), key=_weight) for word in words for option in options}
    yield from words - {""}


def _weight(word: str) -> tuple[bool, int]:
    return word not in _EVERYWHERE and word not in (ANY, ""), len(word)


def mentions(text: str, side: Side) -> tuple[Tokens, list[Item]]:
    """The tokens of *text*, and its mentions with all related markers and numbers applied."""
    tokens = cut(text[:MAX_CHARACTERS], vocabulary())
    if "«" in text or '"' in text or "“" in text:
        leave_out_names(tokens)
    return tokens, resolve(tokens, items_of(tokens, tree(side), uses(side)))
