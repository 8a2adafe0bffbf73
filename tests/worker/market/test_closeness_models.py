"""When closeness is learnt anew: where there is none, and before a full run where a release learns it better."""

import io

import numpy as np
import pytest
from sqlalchemy import func, select

from matching.facts import closeness
from models.core.enums import DealType, RunScope
from models.ranking.closeness import ClosenessRow
from tests.factories import make_property, make_user
from worker.market.closeness_models import learn_closeness_models

MARKET = ("geo:524901", DealType.SALE)


@pytest.fixture
def session(worker_here):
    with worker_here() as session:
        owner = make_user(session)
        for at in range(30):
            make_property(session, owner, city="Москва", district=f"район {at % 3}", metro_station=f"станция {at % 4}")
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
