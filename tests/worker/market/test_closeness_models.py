"""Closeness is learnt if there is none, and again before a full run if a release learns it in a better way."""

import io

import numpy as np
import pytest
from sqlalchemy import func, select

from matching.facts import closeness
from models.core.enums import DealType, RunScope
from models.market.properties import Property
from models.ranking.closeness import ClosenessRow
from tests.factories import make_property, make_user
from worker.market import closeness_models
from worker.market.closeness_models import learn_closeness_models

MARKET = ("geo:524901", DealType.SALE)


@pytest.fixture
def session(new_worker_session):
    with new_worker_session() as session:
        owner = make_user(session)
        for index in range(30):
            make_property(
                session, owner, city="Москва", district=f"район {index % 3}", metro_station=f"станция {index % 4}"
            )
        session.commit()
        yield session


def models_of(session):
    return session.scalar(
        select(func.count()).where(ClosenessRow.city_key == MARKET[0], ClosenessRow.deal_type == MARKET[1])
    )


def in_earlier_form(data):
    with np.load(io.BytesIO(data)) as stored:
        arrays = {**stored, "version": np.array([closeness.FORM - 1])}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def test_a_closeness_of_this_release_serves_on(session):
    learn_closeness_models(session, RunScope.ALL, MARKET)
    learn_closeness_models(session, RunScope.ALL, MARKET)

    assert models_of(session) == 1


def test_a_closeness_of_an_earlier_release_is_read_and_a_full_run_replaces_it(session):
    learn_closeness_models(session, RunScope.ALL, MARKET)
    row = session.scalars(select(ClosenessRow).where(ClosenessRow.city_key == MARKET[0])).one()
    row.model = in_earlier_form(row.model)
    session.flush()

    assert closeness.Closeness.from_bytes(row.model).district.keys
    learn_closeness_models(session, RunScope.STALE, MARKET)
    assert models_of(session) == 1
    learn_closeness_models(session, RunScope.ALL, MARKET)
    assert models_of(session) == 2


@pytest.mark.parametrize("broken", ["Казань", "Москва", "Самара"])
def test_a_market_whose_places_cannot_be_learnt_stops_no_other(session, monkeypatch, caplog, broken):
    owner = make_user(session)
    for town in ("Казань", "Самара"):
        for index in range(30):
            make_property(session, owner, city=town, district=f"{town} {index % 3}")
    session.commit()
    keys = dict(session.execute(select(Property.city, Property.city_key).distinct()).all())
    learn = closeness_models._learn

    def learn_some(session, market, count):
        if market[0] == keys[broken]:
            raise FloatingPointError
        learn(session, market, count)

    monkeypatch.setattr(closeness_models, "_learn", learn_some)

    assert learn_closeness_models(session, RunScope.ALL) == 2
    assert set(session.scalars(select(ClosenessRow.city_key))) == set(keys.values()) - {keys[broken]}
    assert "closeness_not_learnt" in caplog.messages
