from datetime import timedelta

import pytest

from models.base import utc_now
from models.enums import RunScope
from models.recommendations import TextModelRow
from tests.factories import make_lead, make_property, make_user
from worker.texts import SERVES, text_model_for


@pytest.fixture
def market(session):
    """Ten texts."""
    owner = make_user(session)
    for number in range(5):
        make_property(session, owner, description=f"вид на парк, этаж {number}")
        make_lead(session, owner, additional_requirements="парк рядом")
    return owner


def test_the_first_run_fits_a_model_and_the_next_goes_on_with_it(session, market):
    first = text_model_for(session, RunScope.MARKET)

    assert text_model_for(session, RunScope.ALL) == first
    assert text_model_for(session, RunScope.MARKET) == first


def test_a_run_over_everything_fits_anew_when_the_texts_have_changed_by_a_fifth(session, market):
    first = text_model_for(session, RunScope.ALL)
    for _ in range(2):
        make_property(session, market)
    assert text_model_for(session, RunScope.ALL) == first  # 12 of 10: not yet more than a fifth
    make_property(session, market)

    assert text_model_for(session, RunScope.MARKET) == first  # a part of the market is no reason to move all scores
    assert text_model_for(session, RunScope.ALL) > first


def test_a_model_serves_for_a_week(session, market):
    first = text_model_for(session, RunScope.ALL)
    session.get_one(TextModelRow, first).created_at = utc_now() - SERVES - timedelta(minutes=1)
    session.flush()

    assert text_model_for(session, RunScope.ALL) > first
