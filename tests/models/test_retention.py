from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models.accounts.notifications import NoticeType, Notification, notify
from models.accounts.tokens import RevokedToken
from models.core.base import utc_now
from models.core.enums import RunScope, RunState, Side
from models.market.unscorable import Failure, UnscorableEntity, quarantine
from models.ranking.recommendations import Market, TextModelRow
from models.rescoring.runs import RescoringRun
from models.upkeep import retention
from tests.factories import make_lead, make_user

LONG_AGO = utc_now() - timedelta(days=400)


def test_old_runs_go_and_the_last_ones_stay(session, monkeypatch):
    monkeypatch.setattr(retention, "LAST_RUNS_KEPT", 1)
    old, open_, recent, last = (
        RescoringRun(scope=RunScope.ALL, requested_by="cli", state=state, finished_at=ended)
        for state, ended in (
            (RunState.FAILED, LONG_AGO),
            (RunState.RUNNING, None),
            (RunState.SUCCEEDED, utc_now()),
            (RunState.SUCCEEDED, LONG_AGO),
        )
    )
    for run in (old, open_, recent, last):
        session.add(run)
        session.flush()

    assert retention.delete_expired(session)["runs"] == 1
    assert set(session.scalars(select(RescoringRun.id))) == {open_.id, recent.id, last.id}


def test_text_models_stay_while_they_are_used(session):
    models = [TextModelRow(model=b"x", texts=1) for _ in range(5)]
    for model in models:
        session.add(model)
        session.flush()
    used, by_open_run, by_failed_run, by_ended_run, newest = models
    session.add(Market(city_key="geo:1", deal_type="SALE", text_model_id=used.id))
    states = (RunState.RUNNING, RunState.FAILED, RunState.SUCCEEDED)
    for model, state in zip((by_open_run, by_failed_run, by_ended_run), states, strict=True):
        session.add(RescoringRun(scope=RunScope.ALL, requested_by="cli", state=state, text_model_id=model.id))
    session.flush()

    retention.delete_expired(session)

    assert set(session.scalars(select(TextModelRow.id))) == {used.id, by_open_run.id, by_failed_run.id, newest.id}


def test_notices_go_long_after_they_were_read_and_unread_ones_never(session):
    user = make_user(session)
    for number, read in enumerate((None, utc_now(), LONG_AGO)):
        notice_id = notify(session, user.id, NoticeType.NEW_MATCH, f"match:{number}", title="t", message="m", data={})
        notice = session.get_one(Notification, notice_id)
        notice.read_at, notice.created_at = read, LONG_AGO
    session.flush()

    assert retention.delete_expired(session)["notifications"] == 1
    assert session.scalar(select(func.count()).select_from(Notification)) == 2


def test_revocations_go_with_their_tokens(session):
    session.add(RevokedToken(jti="a", expires_at=LONG_AGO))
    session.add(RevokedToken(jti="b", expires_at=utc_now() + timedelta(hours=1)))
    session.flush()

    assert retention.delete_expired(session)["revoked_tokens"] == 1


@pytest.mark.parametrize(("version", "kept"), [(0, 1), (-1, 0)])
def test_what_was_set_aside_is_forgotten_when_it_is_written_again(session, version, kept):
    lead = make_lead(session, make_user(session))
    session.refresh(lead)
    quarantine(session, [Failure(Side.LEAD, lead.id, lead.version + version, "ValueError")])

    retention.delete_expired(session)

    assert session.scalar(select(func.count()).select_from(UnscorableEntity)) == kept
