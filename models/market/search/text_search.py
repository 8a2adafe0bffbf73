"""
The words of a search are matched as lexemes. A word that occurs in no listing is replaced by the most similar word that
does.

A listing's words are those of its title, description, features and places. Numbers can be searched only by filters,
because a search for digits could reveal the house, the flat or the phone in a listing's text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    exists,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base

MAX_WORDS = 8  # of a search; further words are ignored
MAX_LETTERS = 40
#: Shorter words are not corrected, because too many words resemble them.
SHORTEST_CORRECTED = 4
#: Minimum similarity (shared letter triples) of a correction.
MIN_LIKENESS = 0.3
#: The number of candidates that are compared with a mistyped word.
MAX_CANDIDATES = 40

#: One Latin letter for each Russian and Kazakh letter, because pg_trgm ignores Cyrillic if the database's locale is C.
#: Letters that sound alike share one.
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі"
LATIN = "abvgdeejziyklmnoprstufhc4wwqyqe1xagknouuhi"

RUSSIAN: ColumnElement[Any] = literal_column("'pg_catalog.russian'::regconfig")

_WORD = re.compile(r"(-?)([^\W\d_]+(?:-[^\W\d_]+)*)(?!\w)")


class SearchWord(Base):
    """
    A word of the listings on the market, and the number of listings with it. Derived data: :func:`refresh_words` writes
    it.
    """

    __tablename__ = "search_words"
    __table_args__ = (
        Index("ix_search_words_letters", "letters", postgresql_using="gin", postgresql_ops={"letters": "gin_trgm_ops"}),
        {"info": {"derived": True}},
    )

    word: Mapped[str] = mapped_column(Text, primary_key=True)
    #: The word in Latin letters, see :func:`latin`.
    letters: Mapped[str] = mapped_column(Text)
    listings: Mapped[int]


class ListingWords(Base):
    """The words of one listing on the market, as lexemes, and `owner N`. Derived: triggers (migration 0225) keep it."""

    __tablename__ = "listing_words"
    __table_args__ = (
        Index("ix_listing_words_words", "words", postgresql_using="gin"),
        {"info": {"derived": True}},
    )

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[Any] = mapped_column(TSVECTOR)


class ArchivedWords(Base):
    """
    The same for one archived listing, for its owner's search. Derived data: the trigger moves them (migration 0225).
    """

    __tablename__ = "archived_words"
    __table_args__ = (
        Index("ix_archived_words_words", "words", postgresql_using="gin"),
        {"info": {"derived": True}},
    )

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[Any] = mapped_column(TSVECTOR)


@dataclass(frozen=True)
class Words:
    """Words that a listing must contain, and words that it must not; *corrections*: typed word -> intended word."""

    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    corrections: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.included or self.excluded)


def latin(word: str) -> str:
    """
    A word in Latin letters, one for each of its letters.

    >>> latin("зелёный"), latin("зеленый"), latin("абай"), latin("abay")
    ('zelenyy', 'zelenyy', 'abay', 'abay')
    """
    return word.translate(str.maketrans(CYRILLIC, LATIN))


def split_words(typed: str) -> Words:
    """
    The words of a search; a minus before a word excludes listings with it.

    >>> split_words("Светлая, с балконом -студия 89161234567 дом 7к2 Ново-Переделкино")
    Words(included=('светлая', 'с', 'балконом', 'дом', 'ново-переделкино'), excluded=('студия',), corrections={})
    """
    included: list[str] = []
    excluded: list[str] = []
    for part in typed.lower().split():
        # Words with digits or @ are numbers, house numbers or somebody's address.
        if re.search(r"[\d@]", part):
            continue
        for minus, word in _WORD.findall(part):
            (excluded if minus and part.startswith("-") else included).append(word[:MAX_LETTERS])
    return Words(tuple(dict.fromkeys(included))[:MAX_WORDS], tuple(dict.fromkeys(excluded))[:MAX_WORDS])


def with_known_words(session: Session, words: Words) -> Words:
    """
    The words without the stop words («в», «с», "the") of PostgreSQL's Russian configuration, which includes English
    ones. A word that is in no listing is replaced by the most similar one that is, if any is similar enough.
    """
    terms = [*words.included, *words.excluded]
    if not terms:
        return words
    columns = [column for word in terms for column in _is_word_and_is_listed(word)]
    answers = list(session.execute(select(*columns)).one())
    known = {word: stands for word, is_word, stands in zip(terms, answers[::2], answers[1::2], strict=True) if is_word}
    missing = [word for word in words.included if not known.get(word, True) and len(word) >= SHORTEST_CORRECTED]
    corrections = {word: closest for word in missing if (closest := _most_similar(session, word)) is not None}
    included = dict.fromkeys(corrections.get(word, word) for word in words.included if word in known)
    return Words(tuple(included), tuple(word for word in words.excluded if word in known), corrections)


def _is_word_and_is_listed(word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """
    Whether a word is not a stop word, and whether a listing contains it.

    The query has a separate expression for each word, because PostgreSQL can estimate a word's frequency only if it
    sees the word: to find a common word it reads some listings, and for a rare one it uses the index.
    """
    is_word = func.numnode(_query(literal(word))) > 0
    return is_word, exists().where(ListingWords.words.bool_op("@@")(_query(literal(word))))


def contains_words(words: Words, property_id: Any) -> ColumnElement[bool]:
    """
    A condition: the listing contains each included word, in its own text or its places, and no excluded word.

    *property_id* is the id column of the query's table of properties.
    """
    if not words:
        return true()
    condition = exists().where(ListingWords.property_id == property_id)
    for word in words.included:
        condition = condition.where(ListingWords.words.bool_op("@@")(_query(literal(word))))
    for word in words.excluded:
        condition = condition.where(~ListingWords.words.bool_op("@@")(_query(literal(word))))
    return condition


def refresh_words(session: Session) -> int:
    """Count the words of all listings on the market; returns their number. Reads every listing, so run it at night."""
    session.execute(text("DELETE FROM search_words"))
    # A word that :func:`add_new_words` adds meanwhile conflicts with its key here.
    again = "ON CONFLICT (word) DO UPDATE SET listings = excluded.listings"
    session.execute(text(f"INSERT INTO search_words (word, letters, listings) {_counted('true')} {again}"))
    return session.execute(select(func.count()).select_from(SearchWord)).scalar_one()


def add_new_words(session: Session, minutes: int) -> None:
    """Add the words of listings written in the last *minutes*, so that they can serve as corrections."""
    written = f"updated_at > now() - interval ''{int(minutes)} minutes''"
    session.execute(
        text(f"INSERT INTO search_words (word, letters, listings) {_counted(written)} ON CONFLICT (word) DO NOTHING")
    )


def _counted(condition: str) -> str:
    """A query for words and the number of listings with each; *condition* is SQL with doubled quotes."""
    return _COUNTED.replace("{condition}", condition)


#: Letters only, because PostgreSQL's parser also returns parts of addresses as words.
_COUNTED = """
    SELECT word, translate(word, '{cyrillic}', '{latin}'), ndoc FROM ts_stat(
        'SELECT to_tsvector(''simple'', concat_ws(
            '' '', title, description, search_text, city, district, metro_station, street
        )) FROM properties WHERE status = ''ACTIVE'' AND {condition}'
    ) WHERE word ~ '^[[:alpha:]]+(-[[:alpha:]]+)*$' AND length(word) BETWEEN 3 AND 40
""".replace("{cyrillic}", CYRILLIC).replace("{latin}", LATIN)


def _query(word: Any) -> ColumnElement[Any]:
    return func.plainto_tsquery(RUSSIAN, word)


def _most_similar(session: Session, word: str) -> str | None:
    session.execute(text("SELECT set_config('pg_trgm.similarity_threshold', '0.2', true)"))
    letters = latin(word)
    like = func.similarity(SearchWord.letters, letters)
    candidates = session.execute(
        select(SearchWord.word, SearchWord.letters, like, SearchWord.listings)
        .where(SearchWord.letters.bool_op("%")(letters))
        .order_by(like.desc(), SearchWord.word)
        .limit(MAX_CANDIDATES)
    ).all()
    # A swapped pair of letters breaks four triples: words one error away precede merely similar ones.
    fitting = [
        (_errors(letters, other_word), -likeness, -listings, candidate)
        for candidate, other_word, likeness, listings in candidates
        if likeness >= MIN_LIKENESS or _errors(letters, other_word) <= 1
    ]
    return min(fitting)[-1] if fitting else None


def _errors(one: str, other: str) -> int:
    """
    The smallest number of errors (a letter too many, missing, wrong, or swapped with its neighbour) between the words.

    >>> _errors("балокн", "балкон"), _errors("балкон", "балконом"), _errors("арабт", "арбат")
    (1, 2, 1)
    """
    rows: list[Sequence[int]] = [range(len(other) + 1)]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other_word in enumerate(other, 1):
            steps = [rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != other_word)]
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other_word:
                steps.append(rows[-2][j - 2] + 1)
            row.append(min(steps))
        rows.append(row)
    return rows[-1][-1]
