"""Agencies, and offers of a feed."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.models.sources.feeds import read, yrl, yrl_offer
from tests.models.sources.office import Office


@pytest.fixture
def office(engine, clean_database, tmp_path):
    return Office(sessionmaker(engine, class_=Session, expire_on_commit=False), tmp_path)


@pytest.fixture
def offer(tmp_path):
    """A function that reads one offer with changes."""

    def make(identity="a-1", **changes):
        [found] = read(tmp_path, yrl(yrl_offer(identity, **changes)))
        return found

    return make
