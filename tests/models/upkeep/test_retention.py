from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from api.console.operators.markets import PERIODS
from models.accounts.notifications import Notification, NotificationType, notify
from models.accounts.tokens import RevokedToken
from models.core.base import utc_now
from models.core.enums import Role, RunScope, RunState, Side
from models.market.unscorable import Failure, UnscorableEntity, quarantine
from models.ranking.closeness import ClosenessRow
from models.ranking.recommendations import Market, TextModelRow
from models.rescoring.attempts import attempts_of, begin_attempts
from models.rescoring.runs import RescoringRun, RescoringShard
from models.sources.sources import create_source
from models.sources.tables import Import, ImportState
from models.upkeep import retention
from models.upkeep.market_days import MarketDay
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


def test_models_of_closeness_stay_while_they_are_used(session):
    models = [ClosenessRow(city_key="geo:1", deal_type="SALE", model=b"x", properties=30) for _ in range(4)]
    models.append(ClosenessRow(city_key="geo:2", deal_type="SALE", model=b"x", properties=30))
    for model in models:
        session.add(model)
        session.flush()
    used, by_failed_run, by_ended_run, newest, newest_elsewhere = models
    session.add(Market(city_key="geo:1", deal_type="SALE", closeness_id=used.id))
    for model, state in ((by_failed_run, RunState.FAILED), (by_ended_run, RunState.SUCCEEDED)):
        shard = RescoringShard(city_key="geo:1", deal_type="SALE", state=state, closeness_id=model.id)
        session.add(RescoringRun(scope=RunScope.ALL, requested_by="cli", state=state, shards=[shard]))
    session.flush()

    assert retention.delete_expired(session)["closeness_models"] == 1
    assert set(session.scalars(select(ClosenessRow.id))) == {
        used.id, by_failed_run.id, newest.id, newest_elsewhere.id
    }  # fmt: skip


def test_notifications_go_long_after_they_were_read_and_unread_ones_never(session):
    user = make_user(session)
    for number, read in enumerate((None, utc_now(), LONG_AGO)):
        notification_id = notify(session, user.id, NotificationType.NEW_MATCH, f"match:{number}", data={})
        notification = session.get_one(Notification, notification_id)
        notification.read_at, notification.created_at = read, LONG_AGO
    session.flush()

    assert retention.delete_expired(session)["notifications"] == 1
    assert session.scalar(select(func.count()).select_from(Notification)) == 2


def test_revocations_go_with_their_tokens(session):
    session.add(RevokedToken(jti="a", expires_at=LONG_AGO))
    session.add(RevokedToken(jti="b", expires_at=utc_now() + timedelta(hours=1)))
    session.flush()

    assert retention.delete_expired(session)["revoked_tokens"] == 1


@pytest.mark.parametrize(("version", "kept"), [(0, 1), (-1, 0)])
def test_a_quarantine_is_forgotten_when_its_entity_is_written_again(session, version, kept):
    lead = make_lead(session, make_user(session))
    session.refresh(lead)
    quarantine(session, [Failure(Side.LEAD, lead.id, lead.version + version, "ValueError")])

    retention.delete_expired(session)

    assert session.scalar(select(func.count()).select_from(UnscorableEntity)) == kept


def test_attempts_that_nobody_repeats_are_forgotten_after_a_day(session):
    begin_attempts(session, Side.LEAD, [1, 2])
    session.execute(text("UPDATE rescoring_attempts SET began_at = now() - interval '25 hours' WHERE entity_id = 1"))

    assert retention.delete_expired(session)["attempts"] == 1
    assert attempts_of(session, Side.LEAD, [1, 2]) == {2: 1}


def test_old_imports_go_and_a_sources_last_ones_stay(session, monkeypatch):
    monkeypatch.setattr(retention, "LAST_IMPORTS_KEPT", 1)
    sources = [create_source(session, make_user(session, Role.AGENCY), {"name": "feed"}) for _ in range(2)]
    old, open_, last, only = (
        Import(source_id=source.id, asked_by="upload", finished_at=ended, state=ImportState.SUCCEEDED)
        for source, ended in zip((*[sources[0]] * 3, sources[1]), (LONG_AGO, None, LONG_AGO, LONG_AGO), strict=True)
    )
    for each in (old, open_, last, only):
        session.add(each)
        session.flush()

    assert retention.delete_expired(session)["imports"] == 1
    assert set(session.scalars(select(Import.id))) == {open_.id, last.id, only.id}


def test_figures_of_markets_go_after_more_than_a_year_and_no_day_that_a_page_shows(session):
    today = session.scalar(select(func.timezone("UTC", func.now()))).date()
    kept, gone = retention.MARKET_DAYS_KEPT, retention.MARKET_DAYS_KEPT + timedelta(days=1)
    for age in (timedelta(0), timedelta(days=365), kept, gone):
        session.add(MarketDay(city_key="geo:1", deal_type="SALE", day=today - age))
    session.flush()

    assert retention.delete_expired(session)["market_days"] == 1
    left = session.scalars(select(MarketDay.day).order_by(MarketDay.day.desc())).all()
    assert left == [today, today - timedelta(days=365), today - kept]
    assert timedelta(days=max(PERIODS)) < kept


@pytest.mark.parametrize("broken", ["_old_runs", "delete_old_exports", "delete_old_bot_rows", "delete_old_sessions"])
def test_a_kind_that_cannot_be_deleted_keeps_no_other_kind(session, monkeypatch, caplog, broken):
    kinds = set(retention.delete_expired(session))

    def fail(*_):
        session.execute(text("SELECT 1/0"))

    monkeypatch.setattr(retention, broken, fail)
    begin_attempts(session, Side.LEAD, [1])
    session.execute(text("UPDATE rescoring_attempts SET began_at = now() - interval '25 hours'"))
    deleted = retention.delete_expired(session)

    assert deleted["attempts"] == 1
    [failure] = [record.kind for record in caplog.records if record.message == "retention_failed"]
    assert set(deleted) == kinds - {failure}
