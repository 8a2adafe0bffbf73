"""Every write of a prospect is followed by a score, which uses the niche's learnt model."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select

from models.core.base import utc_now
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.events import follow
from models.leadgen.messages import Message, Sender, add_message
from models.leadgen.niches import create_niche
from models.leadgen.prospects import Prospect, ProspectStatus, add_prospect, add_prospects
from models.leadgen.quality import QualityModel, facts_of, niches_to_fit, stale_prospects, store_model, store_scores
from models.platform.database import connect, sessions
from tests.waiting import WAIT_LIMIT_SECONDS, lock_waits, wait_for


@pytest.fixture
def worker_module(process_environment, monkeypatch):
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    from worker.jobs import prospect_quality

    return prospect_quality


def a_niche(session):
    niche = create_niche(session, {"name": "Ремонт", "category": "repair"})
    fields = {"niche_id": niche.id, "name": "К", "platform": Platform.OLX, "budget": 1}
    return niche, create_ad(session, create_campaign(session, fields), {"title": "Объявление"})


def test_the_facts_are_those_of_the_conversation(session):
    _, ad = a_niche(session)
    contact = {"ad_id": ad.id, "name": "Иван", "source": Platform.OLX, "phone": "+77771234567", "notes": ""}
    prospect = add_prospect(session, contact).prospect
    add_prospect(session, contact)
    at, messages = utc_now(), [("bot", 0), ("lead", 10), ("lead", 50), ("human", 60), ("lead", 90)]
    for sender, minute in messages:
        session.add(
            Message(
                prospect_id=prospect.id,
                message="x",
                sender=Sender(sender),
                platform=Platform.OLX,
                created_at=at + timedelta(minutes=minute),
            )
        )
    session.flush()

    [facts] = facts_of(session, [prospect.id])

    assert (facts.messages, facts.touches) == (3, 2)
    assert facts.answer_minutes == pytest.approx(
        20
    )  # the mean of 10 and 30: the second of two messages in a row is not an answer
    assert (facts.has_phone, facts.has_account, facts.has_notes) == (True, False, False)


def test_a_score_of_an_older_version_does_not_overwrite_a_newer_one(session):
    prospect = add_prospect(session, {"name": "Иван", "source": Platform.OLX}).prospect
    row = {"id": prospect.id, "method": "rules", "reasons": []}
    store_scores(session, [row | {"version": 3, "score": 70}])
    store_scores(session, [row | {"version": 2, "score": 10}])
    session.refresh(prospect)

    assert (prospect.quality_score, prospect.scored_version) == (70, 3)


def test_a_changed_prospect_is_stale_until_it_is_scored(worker_module, session):
    prospect = add_prospect(session, {"name": "Иван", "source": Platform.OLX}).prospect
    assert stale_prospects(session, None, 10) == [prospect.id]
    worker_module._score(session, [prospect.id])
    assert stale_prospects(session, None, 10) == []
    session.refresh(prospect)
    before = prospect.quality_score

    add_message(session, prospect.id, "Здравствуйте", Sender.LEAD, Platform.OLX)

    assert stale_prospects(session, None, 10) == [prospect.id]
    worker_module._score(session, [prospect.id])
    session.refresh(prospect)
    assert prospect.quality_score > before
    assert {reason["criterion"] for reason in prospect.quality_reasons} == set(worker_module.scoring.CRITERIA)


def test_a_niche_learns_from_outcomes_and_scores_follow(worker_module, session):
    niche, ad = a_niche(session)
    chance = random.Random(0)
    contacts = [
        {"ad_id": ad.id, "name": "x", "source": chance.choice(list(Platform)), "phone": f"+7777{number:07}"}
        for number in range(300)
    ]
    for one in add_prospects(session, contacts):
        wins = 0.8 if one.prospect.source is Platform.OLX else 0.2  # the rules rate it lowest
        one.prospect.status = ProspectStatus.WON if chance.random() < wins else ProspectStatus.LOST
    session.flush()
    worker_module._score(session, stale_prospects(session, None, 1000))

    assert niches_to_fit(session, 150) == [(niche.id, 300)]
    assert worker_module.fit_niche(session, niche.id, 300) is True

    assert niches_to_fit(session, 150) == []  # nothing new to learn
    stale = stale_prospects(session, None, 1000)
    assert len(stale) == 300
    worker_module._score(session, stale)
    session.expire_all()
    means = dict(
        session.execute(
            select(Prospect.source == Platform.OLX, func.avg(Prospect.quality_score)).group_by(
                Prospect.source == Platform.OLX
            )
        ).all()
    )
    assert means[True] > 65 > 35 > means[False]
    assert session.get_one(QualityModel, niche.id).report["keep_model"] is True
    assert set(session.scalars(select(Prospect.quality_method))) == {"model"}


def test_a_niche_that_cannot_be_learnt_does_not_stop_the_later_ones(worker_module, session, monkeypatch, caplog):
    niches = [a_niche(session)[0] for _ in range(3)]
    session.commit()
    monkeypatch.setattr(worker_module, "niches_to_fit", lambda *_: [(niche.id, 200) for niche in niches])
    fitted = []

    def fit(session, niche_id, outcomes):
        if niche_id == niches[0].id:
            raise FloatingPointError
        fitted.append(niche_id)

    monkeypatch.setattr(worker_module, "fit_niche", fit)
    worker_module.fit_models(session)

    assert fitted == [niche.id for niche in niches[1:]]
    [failure] = [record for record in caplog.records if record.message == "quality_not_fitted"]
    assert failure.niche_id == str(niches[0].id)


def test_a_posted_prospect_is_scored_by_a_worker_and_an_event_is_sent(app_with, worker_process, redis_url):
    local = app_with(ENVIRONMENT="local").test_client()
    made = local.post("/api/leads", json={"name": "Иван", "source": "whatsapp", "budget": 5}).get_json()
    assert made["quality_score"] is None

    with redis.Redis.from_url(redis_url) as stream:
        after, events = "0-0", []
        while not any(event.kind == "lead.scored" for event in events):
            found = follow(stream, after, WAIT_LIMIT_SECONDS)
            assert found, "no worker scored the lead"
            events, after = events + found, found[-1].id

    scored = local.get(f"/api/leads/{made['id']}").get_json()
    assert scored["quality_score"] == json.loads(json.dumps(events[-1].data))["quality_score"]
    assert scored["quality"]["method"] == "rules"
    assert sum(reason["points"] for reason in scored["quality"]["reasons"]) == pytest.approx(
        scored["quality_score"], abs=1
    )


def test_a_model_learnt_twice_at_the_same_moment_makes_scores_stale_once(clean_database):
    engine = connect(clean_database)
    make = sessions(engine)
    with make.begin() as session:
        niche, ad = a_niche(session)
        contact = {"ad_id": ad.id, "name": "Иван", "source": Platform.OLX, "phone": "+77771234567"}
        version = add_prospect(session, contact).prospect.version

    def learn():
        with make.begin() as own:
            store_model(own, niche.id, {"weights": [1]}, {}, 40)

    with make() as first, make() as reader, ThreadPoolExecutor(1) as pool:
        store_model(first, niche.id, {"weights": [1]}, {}, 40)
        second = pool.submit(learn)
        wait_for(lambda: lock_waits(engine), what="the second one's wait")
        first.commit()
        second.result(timeout=WAIT_LIMIT_SECONDS)

        assert reader.scalar(select(Prospect.version)) == version + 1
    engine.dispose()


@pytest.mark.parametrize("broken", [0, 2, 4])
def test_a_prospect_that_cannot_be_scored_keeps_no_other_back(worker_module, session, monkeypatch, caplog, broken):
    prospects = [add_prospect(session, {"name": "Иван", "source": Platform.OLX}).prospect.id for _ in range(5)]
    session.commit()
    bad = sorted(prospects)[broken]
    arrays = worker_module._arrays

    def some(facts, medians):
        if any(each.id == bad for each in facts):
            raise FloatingPointError
        return arrays(facts, medians)

    monkeypatch.setattr(worker_module, "_arrays", some)
    worker_module.score_stale_prospects(session)

    assert stale_prospects(session, None, 10) == [bad]
    [failure] = [record for record in caplog.records if record.message == "prospect_not_scored"]
    assert failure.prospect_id == str(bad)
