"""The grammar, compiled: the entries of every group as one tree for leads and one for listings."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from matching.reading import (
    bathroom,
    deal,
    finish,
    floor,
    furnishing,
    house,
    lead_markers,
    letting,
    listing_markers,
    markers,
    outside,
    parking,
    plan,
    present_home,
    refusal,
    strength_words,
    tenants,
    terms,
    utilities,
)
from matching.reading.clauses import resolve
from matching.reading.entry import Entry, Side
from matching.reading.mentions import SUBJECT, Item, Meaning, Meanings, Tokens, cut, items_of
from matching.reading.names import leave_out_names
from matching.reading.phrases import ANY, SKIPPED, PhraseTree, Slot, slots_of, words_of
from matching.reading.quantities import VOCABULARY, set_symbols
from matching.reading.skipped import SKIPPED_PHRASES
from matching.reading.uses import Uses
from matching.reading.vocabulary import Vocabulary

ENTRIES: tuple[Entry, ...] = (
    *floor.ENTRIES,
    *plan.ENTRIES,
    *bathroom.ENTRIES,
    *finish.ENTRIES,
    *house.ENTRIES,
    *parking.ENTRIES,
    *outside.ENTRIES,
    *tenants.ENTRIES,
    *furnishing.ENTRIES,
    *deal.ENTRIES,
    *terms.ENTRIES,
    *letting.ENTRIES,
    *utilities.ENTRIES,
    *refusal.ENTRIES,
)

_EVERYWHERE = SKIPPED | {"не", "без", "или", "от", "до", "под", ",", ".", "-", "/", "нет", "no", "not"}
#: Longer texts are truncated to this length, so that no text takes long.
MAX_CHARACTERS = 20_000


def _phrases(side: Side) -> Iterator[tuple[list[Slot], Meaning]]:
    sides = (*lead_markers.ENTRIES, *listing_markers.ENTRIES)
    known = (SKIPPED_PHRASES, *markers.MARKERS, *sides, *strength_words.ENTRIES, *present_home.ENTRIES)
    for entry in (*known, *ENTRIES):
        subject = Meaning(entry, SUBJECT)
        for slots in slots_of(entry.subject):
            yield slots, subject
        for rule in entry.rules:
            if rule.side in ("both", side):
                meaning = Meaning(entry, rule.value, rule.only_denied, rule.needs)
                for slots in slots_of(rule.phrases):
                    yield slots, meaning


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Every word in a phrase, with all its forms, built at the first use (about a second)."""
    sides: tuple[Side, Side] = ("lead", "listing")
    words = {word for side in sides for slots, _ in _phrases(side) for word in words_of(slots)}
    known = Vocabulary(words | VOCABULARY)
    set_symbols(known.symbol)
    return known


@lru_cache(maxsize=2)
def tree(side: Side) -> PhraseTree[Meaning]:
    """The phrases that *side* uses."""
    return PhraseTree(_phrases(side), vocabulary().symbol, Meanings)


@lru_cache(maxsize=2)
def uses(side: Side) -> Uses:
    """The possible uses of each token in a text of *side*."""
    return Uses(vocabulary(), tree(side).root.follows, anchors(side))


@lru_cache(maxsize=2)
def anchors(side: Side) -> frozenset[str]:
    """Words of which every phrase of a kind contains one; words that occur everywhere («в», «не») are excluded."""
    symbol = vocabulary().symbol
    kinds = (slots for slots, meaning in _phrases(side) if not meaning.entry.kind.startswith("_"))
    return frozenset(symbol(word) for slots in kinds for word in _anchors_of(slots))


def _anchors_of(slots: Iterable[Slot]) -> set[str]:
    """Of each phrase that *slots* stand for, the longest rare word, or the longest word if none is rare."""
    chosen = {(False, "")}  # whether the word is rare, and the word
    for slot in slots:
        chosen = {_anchor_of(before, option) for before in chosen for option in slot}
    return {word for _, word in chosen}


def _anchor_of(before: tuple[bool, str], words: Iterable[str]) -> tuple[bool, str]:
    for word in words:
        is_rare = word not in _EVERYWHERE and word != ANY
        if (is_rare, len(word)) > (before[0], len(before[1])):
            before = (is_rare, word)
    return before


def mentions(text: str, side: Side) -> tuple[Tokens, list[Item]]:
    """The tokens of *text*, and its mentions with all related markers and numbers applied."""
    tokens = cut(text[:MAX_CHARACTERS], vocabulary())
    if "«" in text or '"' in text or "“" in text:
        leave_out_names(tokens)
    return tokens, resolve(tokens, items_of(tokens, tree(side), uses(side)))
