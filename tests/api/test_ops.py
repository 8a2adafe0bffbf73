"""Operations for operators (runs, readiness, metrics) and who may call them."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.http.services import services_of
from models.core.enums import Role, RunState
from models.market.rates import set_rate
from models.rescoring.runs import RescoringRun, RescoringShard
from tests.factories import make_lead, make_property, make_user, token_header
from worker.queue.client import Client

RUNS = "/ops/rescoring-runs"


@pytest.fixture
def people(engine, clean_database):
    """Headers of an administrator and of a realtor with one lead; another user has two properties."""
    with Session(engine) as session:
        admin, realtor, seller = make_user(session, Role.ADMIN), make_user(session), make_user(session)
        make_lead(session, realtor)
        for _ in range(2):
            make_property(session, seller)
        session.commit()
        return token_header(admin), token_header(realtor)


def count(engine, table):
    with Session(engine) as session:
        return len(session.scalars(select(table)).all())


def test_a_dry_run_says_what_would_be_done_and_does_nothing(client, people, engine):
    admin, _ = people
    answer = client.post(RUNS, json={"scope": "all", "dry_run": True}, headers=admin)

    assert answer.status_code == 200
    assert answer.json == {
        "dry_run": True,
        "markets": [{"city_key": "geo:524901", "deal_type": "SALE", "pairs": 2, "tiles": 0}],
        "pairs_total": 2,
    }
    assert count(engine, RescoringRun) == 0


@pytest.mark.parametrize("path", [RUNS, RUNS + "/1/retry", RUNS + "/1/cancel"])
def test_runs_are_for_administrators(client, people, path):
    _, realtor = people
    assert client.post(path, json={"scope": "all"}, headers=realtor).status_code == 403
    assert client.post(path, json={"scope": "all"}).status_code == 401


def test_a_run_reports_its_shards_and_its_changes(client, people, engine, work_on_run):
    admin, _ = people
    run_id = client.post(RUNS, json={"scope": "all"}, headers=admin).json["id"]
    work_on_run(run_id)
    first = client.get(f"{RUNS}/{run_id}", headers=admin).json
    with Session(engine) as session:
        session.execute(text("UPDATE properties SET price = 16500000 WHERE id = (SELECT min(id) FROM properties)"))
        session.commit()
    again = client.post(RUNS, json={"scope": "all"}, headers=admin).json["id"]
    work_on_run(again)
    second = client.get(f"{RUNS}/{again}", headers=admin).json

    [shard] = first["shards"]
    assert (shard["state"], shard["attempts"], shard["pairs_done"], shard["skipped"]) == (
        "succeeded",
        1,
        2,
        [],
    )
    assert shard["worker"] and shard["seconds"] >= 0
    assert first["difference"] == {
        "lists_total": 3,
        "lists_changed": 3,
        "mean_score_change": None,
        "skipped": 0,
    }
    # The lead's list has a new order; each property's list still has the one lead, one of them with a lower score.
    assert (second["difference"]["lists_total"], second["difference"]["lists_changed"]) == (3, 1)
    assert second["difference"]["mean_score_change"] < 0


@pytest.fixture
def work_on_run(process_environment, monkeypatch):
    """Do the work of a run in this process."""
    from worker.celery_app import task_context
    from worker.jobs.runs import prepare_run, run_shard

    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    for cached in (task_context.settings, task_context._sessions_of, task_context.client):
        cached.cache_clear()

    def work(run_id):
        with task_context.new_session() as session:
            shard_ids = prepare_run(session, run_id)
            session.commit()
        for shard_id in shard_ids:
            run_shard(shard_id)

    yield work
    task_context.new_session().get_bind().dispose()
    for cached in (task_context.settings, task_context._sessions_of, task_context.client):
        cached.cache_clear()


def test_a_failed_run_is_retried_once_more_and_only_then(client, people, engine):
    admin, _ = people
    run_id = client.post(RUNS, json={"scope": "all"}, headers=admin).json["id"]
    with Session(engine) as session:
        run = session.get_one(RescoringRun, run_id)
        run.state = RunState.FAILED
        session.add(RescoringShard(run_id=run_id, city_key="geo:1", deal_type="SALE", state=RunState.FAILED, error="x"))
        session.commit()

    retried = client.post(f"{RUNS}/{run_id}/retry", headers=admin)
    assert (retried.status_code, retried.json["state"]) == (202, "running")
    assert client.post(f"{RUNS}/{run_id}/retry", headers=admin).status_code == 409


def test_a_deep_queue_turns_runs_away_for_a_while(app, client, people, redis_url, monkeypatch):
    admin, _ = people
    object.__setattr__(services_of(app).settings, "queue_limit", 3)
    for number in range(4):
        Client(redis_url).lead_changed(number)

    answer = client.post(RUNS, json={"scope": "all"}, headers=admin)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "entities" in answer.json["message"]
    assert client.get(RUNS, headers=admin).json["total"] == 0


def test_a_run_is_accepted_while_the_broker_is_away(app, client, people, engine, valkey_server):
    admin, _ = people
    valkey_server.kill()
    try:
        answer = client.post(RUNS, json={"scope": "all"}, headers=admin)
        ready = client.get("/health/ready")
    finally:
        valkey_server.start()

    assert answer.status_code == 202
    assert (ready.status_code, ready.json["redis"]) == (200, "away")


def test_readiness_waits_for_the_migrations_of_this_release(client, session, engine, clean_database):
    assert client.get("/health/live").json == {"status": "ok"}
    assert client.get("/health/ready").json["status"] == "ready"
    for version, status in (
        ("0001", 503),
        ("9999", 200),
    ):  # behind; and ahead, as while the next release rolls out
        with engine.begin() as connection:
            before = connection.scalar(text("SELECT version_num FROM alembic_version"))
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        try:
            assert client.get("/health/ready").status_code == status
        finally:
            with engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": before})


def samples(client):
    page = client.get("/metrics")
    assert page.status_code == 200
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def test_metrics_report_currencies_without_a_rate_and_the_age_of_the_rates(app, client, people, engine):
    app.extensions.pop("short_cache", None)  # whatever other tests have had read
    with Session(engine) as session:
        make_property(session, make_user(session), city="Москва", currency="AED")
        set_rate(session, "USD", "RUB", datetime.now(UTC).date() - timedelta(days=3), Decimal(90))
        session.commit()

    by_name = samples(client)

    assert by_name["leadmatch_rows_without_rate", "AED", "SALE", "geo:524901"] == 1
    assert by_name["leadmatch_newest_rate_age_days",] == 3
    app.extensions.pop("short_cache", None)


def test_metrics_report_requests_queues_runs_and_freshness(client, people, engine, redis_url):
    admin, _ = people
    with Session(engine) as session:
        session.execute(text("UPDATE leads SET updated_at = now() - interval '90 seconds'"))
        session.commit()
    Client(redis_url).lead_changed(1)
    client.post(RUNS, json={"scope": "all"}, headers=admin)
    client.get("/leads/1?x=typed-word", headers=admin)
    by_name = samples(client)

    assert by_name["leadmatch_http_requests_total", RUNS, "202", "POST"] >= 1
    assert by_name["leadmatch_queue_messages", "entities"] == 1
    assert by_name["leadmatch_queue_messages", "runs"] == 1
    assert by_name["leadmatch_runs", "queued"] == 1
    assert by_name["leadmatch_stale_entities",] == 3
    assert 90 <= by_name["leadmatch_freshness_seconds",] < 150
    assert by_name["leadmatch_up", "database"] == by_name["leadmatch_up", "redis"] == 1
    assert not [name for name in by_name if re.search("typed-word", str(name))]


def test_metrics_say_what_is_away(client, valkey_server):
    valkey_server.kill()
    try:
        by_name = samples(client)
    finally:
        valkey_server.start()

    assert (by_name["leadmatch_up", "database"], by_name["leadmatch_up", "redis"]) == (1, 0)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        (
            "127.0.0.1",
            {"X-Forwarded-For": "8.8.8.8"},
            403,
        ),  # somebody behind a proxy that we were not told of
        ("8.8.8.8", {}, 403),
        ("8.8.8.8", {"Authorization": "Bearer wrong"}, 403),
        ("8.8.8.8", {"Authorization": "Bearer the-token"}, 200),
    ],
)
def test_metrics_are_for_those_whom_the_settings_name(app, client, address, headers, status):
    object.__setattr__(services_of(app).settings, "metrics_token", "the-token")

    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == status


def test_in_production_metrics_are_closed_unless_a_setting_opens_them():
    from models.platform.settings import Settings

    settings = Settings.from_env(
        {
            "ENVIRONMENT": "production",
            "DATABASE_URL": "postgresql://x",
            "REDIS_URL": "redis://x",
            "SECRET_KEY": "kR3v-0qXz_9bTn2mWc7LfYh5sPdGa8JeU4iO1",
            "TELEGRAM_BOT_SECRET": "a-secret-of-the-bot-0123456789",
            "SMS_GATEWAY_URL": "smsc://a:b@smsc.kz",
        }
    )
    assert (settings.metrics_token, settings.metrics_networks) == ("", ())
