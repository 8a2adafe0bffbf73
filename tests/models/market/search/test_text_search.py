"""The possible meanings of a mistyped word in a search."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models.market.search.text_search import SearchWord, add_new_words, refresh_words
from tests.factories import make_property, make_user


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


def test_words_that_are_added_while_all_are_counted_do_no_harm(db, engine):
    make_property(db, make_user(db), description="Светлая мансарда")
    db.commit()

    def add_meanwhile(connection, cursor, statement, *rest):
        if statement.startswith("INSERT INTO search_words") and not added:
            added.append(True)
            with Session(engine) as other:
                add_new_words(other, 5)
                other.commit()

    added: list[bool] = []
    event.listen(engine, "before_cursor_execute", add_meanwhile)
    try:
        refresh_words(db)
        db.commit()
    finally:
        event.remove(engine, "before_cursor_execute", add_meanwhile)

    assert added and db.scalar(select(SearchWord.listings).where(SearchWord.word == "мансарда")) == 1
