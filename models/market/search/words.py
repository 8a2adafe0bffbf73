"""
The words of a search: matched as lexemes; a word that occurs in no listing is replaced by the most similar one that
does.

A listing's words are those of its title, description, features and places. Numbers are left to the filters: a search
for digits could reveal the house, the flat or the phone in a listing's words.
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

MAX_WORDS = 8  # of a search; what is beyond is passed over
MAX_LETTERS = 40
#: A shorter word is not corrected: too many are like it.
SHORTEST_CORRECTED = 4
#: Minimum similarity (shared letter triples) of a correction.
MIN_LIKENESS = 0.3
#: Words of the market that are looked at for one that was mistyped.
MAX_CANDIDATES = 40

#: A letter of Latin for each of Russian and Kazakh: pg_trgm passes over Cyrillic where the database's locale is C. What
#: sounds alike is one letter.
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі"
LATIN = "abvgdeejziyklmnoprstufhc4wwqyqe1xagknouuhi"

RUSSIAN: ColumnElement[Any] = literal_column("'pg_catalog.russian'::regconfig")

_WORD = re.compile(r"(-?)([^\W\d_]+(?:-[^\W\d_]+)*)(?!\w)")


class SearchWord(Base):
    """A word of the listings on the market, and in how many it occurs. Derived: :func:`refresh_words` writes it."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index("ix_search_words_letters", "letters", postgresql_using="gin", postgresql_ops={"letters": "gin_trgm_ops"}),
        {"info": {"derived": True}},
    )

    word: Mapped[str] = mapped_column(Text, primary_key=True)
    #: In Latin letters, see :func:`latin`.
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
    """The same of one archived listing, for its owner's search. Derived: the trigger moves them (migration 0225)."""

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

    wanted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    corrections: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.wanted or self.refused)


def latin(word: str) -> str:
    """
    A word in Latin letters, one for each.

    >>> latin("зелёный"), latin("зеленый"), latin("абай"), latin("abay")
    ('zelenyy', 'zelenyy', 'abay', 'abay')
    """
    return word.translate(str.maketrans(CYRILLIC, LATIN))


def split_words(typed: str) -> Words:
    """
    The words of a search; a minus before a word refuses it.

    >>> split_words("Светлая, с балконом -студия 89161234567 дом 7к2 Ново-Переделкино")
    Words(wanted=('светлая', 'с', 'балконом', 'дом', 'ново-переделкино'), refused=('студия',), corrections={})
    """
    wanted: list[str] = []
    refused: list[str] = []
    for part in typed.lower().split():
        # What holds digits or @ is a number, a house or an address of somebody.
        if re.search(r"[\d@]", part):
            continue
        for minus, word in _WORD.findall(part):
            (refused if minus and part.startswith("-") else wanted).append(word[:MAX_LETTERS])
    return Words(tuple(dict.fromkeys(wanted))[:MAX_WORDS], tuple(dict.fromkeys(refused))[:MAX_WORDS])


def understood(session: Session, words: Words) -> Words:
    """
    The words without those that say nothing by themselves («в», «с», "the"), as the Russian configuration has it, which
    knows English as well; each that stands in no listing is replaced by the likest that does, where one is like it.
    """
    every = [*words.wanted, *words.refused]
    if not every:
        return words
    columns = [column for word in every for column in _telling(word)]
    told = list(session.execute(select(*columns)).one())
    known = {word: stands for word, says, stands in zip(every, told[::2], told[1::2], strict=True) if says}
    lost = [word for word in words.wanted if not known.get(word, True) and len(word) >= SHORTEST_CORRECTED]
    corrections = {word: likest for word in lost if (likest := _likest(session, word)) is not None}
    wanted = dict.fromkeys(corrections.get(word, word) for word in words.wanted if word in known)
    return Words(tuple(wanted), tuple(word for word in words.refused if word in known), corrections)


def _telling(word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """
    Whether a word says something by itself, and whether it stands in a listing.

    Written out for each word, since PostgreSQL knows how common a word is only where it sees it: it reads some listings
    to find a common one, and asks the index for a rare one.
    """
    says = func.numnode(_query(literal(word))) > 0
    return says, exists().where(ListingWords.words.bool_op("@@")(_query(literal(word))))


def holds_words(words: Words, property_id: Any) -> ColumnElement[bool]:
    """
    A condition: the listing holds each wanted word, in what it says of itself or of its places, and no refused one.

    *property_id* is the column of a query's table of properties.
    """
    if not words:
        return true()
    holding = exists().where(ListingWords.property_id == property_id)
    for word in words.wanted:
        holding = holding.where(ListingWords.words.bool_op("@@")(_query(literal(word))))
    for word in words.refused:
        holding = holding.where(~ListingWords.words.bool_op("@@")(_query(literal(word))))
    return holding


def refresh_words(session: Session) -> int:
    """Count the words of all listings on the market; returns their number. Reads every listing, so run it at night."""
    session.execute(text("DELETE FROM search_words"))
    # A word that is added meanwhile (:func:`add_new_words`) is met here by its key.
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
    """A query for words, and the number of listings with each; *condition* is SQL with doubled quotes."""
    return _COUNTED.replace("{condition}", condition)


#: Letters only: PostgreSQL's parser takes parts of addresses for words as well.
_COUNTED = """
    SELECT word, translate(word, '{cyrillic}', '{latin}'), ndoc FROM ts_stat(
        'SELECT to_tsvector(''simple'', concat_ws(
            '' '', title, description, search_text, city, district, metro_station, street
        )) FROM properties WHERE status = ''ACTIVE'' AND {condition}'
    ) WHERE word ~ '^[[:alpha:]]+(-[[:alpha:]]+)*$' AND length(word) BETWEEN 3 AND 40
""".replace("{cyrillic}", CYRILLIC).replace("{latin}", LATIN)


def _query(word: Any) -> ColumnElement[Any]:
    return func.plainto_tsquery(RUSSIAN, word)


def _likest(session: Session, word: str) -> str | None:
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
        (_errors(letters, theirs), -likeness, -listings, candidate)
        for candidate, theirs, likeness, listings in candidates
        if likeness >= MIN_LIKENESS or _errors(letters, theirs) <= 1
    ]
    return min(fitting)[-1] if fitting else None


def _errors(one: str, other: str) -> int:
    """
    Letters too many, missing, wrong or swapped with their neighbour, in the fewest steps from one word to the other.

    >>> _errors("балокн", "балкон"), _errors("балкон", "балконом"), _errors("арабт", "арбат")
    (1, 2, 1)
    """
    rows: list[Sequence[int]] = [range(len(other) + 1)]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, theirs in enumerate(other, 1):
            steps = [rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != theirs)]
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                steps.append(rows[-2][j - 2] + 1)
            row.append(min(steps))
        rows.append(row)
    return rows[-1][-1]
