"""Whether words are a person's name, by the morphology's dictionary."""

from matching.reading.vocabulary import morphology

_OF_PERSONS = frozenset({"Name", "Surn", "Patr"})


def is_person_name(words: str) -> bool:
    """
    Whether all of these words name a person, and one of them is a first name; a word that more likely names a place
    does not.

    >>> [is_person_name(words) for words in ("Анна", "Иванова Анна", "Нурлан")]
    [True, True, True]
    >>> [is_person_name(words) for words in ("Астана", "Сокольники", "Петрова", "Анна звоните")]
    [False, False, False, False]
    """
    found = [_person_shares(word) for word in words.split()]
    return all(any(shares.values()) for shares in found) and any(shares["Name"] for shares in found)


def _person_shares(word: str) -> dict[str, float]:
    """How likely the word is each kind of a person's name; all 0 if it is more likely a place, or unknown."""
    shares = dict.fromkeys(_OF_PERSONS, 0.0)
    places = 0.0
    for parse in morphology().parse(word) if morphology().word_is_known(word) else ():
        if "Geox" in parse.tag:
            places += parse.score
        for kind in _OF_PERSONS & parse.tag.grammemes:
            if "nomn" in parse.tag:
                shares[kind] += parse.score
    return shares if sum(shares.values()) > places else dict.fromkeys(_OF_PERSONS, 0.0)
