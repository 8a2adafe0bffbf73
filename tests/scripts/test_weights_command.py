"""`leadmatch weights`, from actions in the database to the operator's output."""

from models.deals.weights import live_set
from models.platform.database import sessions
from tests.worker.jobs.test_learning import opinionated_market


def test_an_operator_learns_looks_and_rolls_back(leadmatch, engine, clean_database):
    with sessions(engine)() as session:
        opinionated_market(session)

    assert "Nothing is learnt yet" in leadmatch("weights", "list")
    learnt = leadmatch("weights", "learn")
    assert "everywhere: 360 actions" in learnt and "is live" in learnt
    assert "Москва, SALE: 360 actions" in learnt
    assert "follow with the next run" in learnt
    listed = leadmatch("weights", "list")
    assert "everywhere" in listed and "live" in listed and "area" in listed

    rolled_back = leadmatch("weights", "rollback")
    assert "The default weights hold." in rolled_back and "leadmatch rescore" in rolled_back
    with sessions(engine)() as session:
        assert live_set(session, None) is None


def test_a_deal_type_without_a_city_is_refused(leadmatch):
    assert "--deal-type goes with --city" in leadmatch("weights", "rollback", "--deal-type", "RENT", exit_code=2)
