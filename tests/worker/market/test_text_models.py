from datetime import timedelta

import pytest

from models.core.base import utc_now
from models.core.enums import RunScope
from models.ranking.recommendations import TextModelRow
from tests.factories import make_lead, make_property, make_user
from tests.worker.jobs.test_learning import run_everything
from tests.worker.lists.test_rescore import stored_lists
from worker.market.text_models import MAX_AGE, text_model_for


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


def test_a_run_over_everything_fits_again_when_the_texts_have_changed_by_a_fifth(session, market):
    first = text_model_for(session, RunScope.ALL)
    for _ in range(2):
        make_property(session, market)
    assert text_model_for(session, RunScope.ALL) == first  # 12 of 10: not yet more than a fifth
    make_property(session, market)

    assert text_model_for(session, RunScope.MARKET) == first  # a run over one market must not change all scores
    assert text_model_for(session, RunScope.ALL) > first


def test_a_model_serves_for_a_week(session, market):
    first = text_model_for(session, RunScope.ALL)
    session.get_one(TextModelRow, first).created_at = utc_now() - MAX_AGE - timedelta(minutes=1)
    session.flush()

    assert text_model_for(session, RunScope.ALL) > first


def test_a_listing_that_comes_moves_no_score_of_the_others_not_even_in_a_run(new_worker_session):
    with new_worker_session() as session:
        seller = make_user(session)
        for number in range(8):
            make_property(session, seller, description=f"вид на парк, тихий двор, этаж {number}")
            make_lead(session, make_user(session), additional_requirements="тихий двор у парка")
        session.commit()
        run_everything(session)
        before = scored_pairs(session)
        make_property(session, seller, description="двор, двор, двор: слово, которого никто не знал")
        session.commit()
        run_everything(session)
        after = scored_pairs(session)

    assert len(after) == len(before) + 2 * 8
    assert {pair: after[pair] for pair in before} == before


def scored_pairs(session):
    """{(table, owner of the list, entry): score}"""
    return {
        (*key, entry): score
        for key, (ids, scores, _) in stored_lists(session).items()
        for entry, score in zip(ids, scores, strict=True)
    }
