"""Commands for operators: rescore, runs, schedule, rates, check; and the output of a first start."""

import io
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from models.core.enums import DealType, RunScope, RunState
from models.core.errors import NotFoundError
from models.market.rates import factors_to
from models.platform.database import sessions
from models.rescoring.runs import RescoringRun, RescoringShard, get_run, request_run
from scripts import cli
from scripts.demo import make_demo
from tests.factories import make_property, make_user
from tests.resolver import replace_in_this_thread
from tests.sentences import english
from worker.queue.schedule import parse_schedule
from worker.queue.upcoming import next_times


@pytest.fixture
def factory(engine, clean_database) -> sessionmaker:
    return sessions(engine)


@pytest.fixture
def market(factory):
    with factory() as session:
        make_demo(session, Console(quiet=True), leads=60, properties=60, city="Москва")
        session.commit()


def test_an_invented_city_name_neither_breaks_commands_nor_sends_control_codes_to_terminals(leadmatch, factory):
    with factory() as session:
        make_property(session, make_user(session), city="[/b]\x1b]0;zurbagan\x07", deal_type=DealType.RENT)
        run, _ = request_run(session, RunScope.ALL, "test")
        session.commit()
        session.add(RescoringShard(run_id=run.id, city_key="name:[/b]\x1b]0;zurbagan\x07", deal_type=DealType.RENT))
        session.commit()

    for output in (leadmatch("rescore", "--dry-run"), leadmatch("runs", str(run.id))):
        assert "[/b]\ufffd]0;zurbagan\ufffd" in output and "\x1b" not in output


def test_a_city_that_nobody_named_is_not_rescored(leadmatch, factory):
    with pytest.raises(NotFoundError):
        leadmatch("rescore", "--city", "Астана")

    with factory() as session:
        assert session.query(RescoringRun).count() == 0


def test_a_watched_run_ends_in_whole_lists_and_a_showcase(leadmatch, market, worker_process, factory):
    from scripts.launcher.showcase import first_run

    watched = leadmatch("rescore", "--watch")
    checked = leadmatch("check")
    console = Console(record=True, width=160, file=io.StringIO())
    first_run(console)
    shown = console.export_text()

    assert "is requested." in watched and "succeeded" in watched
    assert "ok" in checked and "BROKEN" not in checked
    assert "Лид" in shown and "оценка" in shown and "м. " in shown
    with factory() as session:
        assert session.scalar(text("SELECT count(*) FROM rescoring_runs")) == 1  # no second first run
        assert session.scalar(text("SELECT max(covered) FROM market_days")) > 0


def test_check_notes_money_that_nothing_converts_and_fails_not_for_it(leadmatch, factory):
    with factory() as session:
        make_property(session, make_user(session), city="[/b]\x1b]0;zurbagan\x07", currency="AED")
        session.commit()

    checked = leadmatch("check", "--quiet")

    assert "no rate of AED in" in checked and "1 properties" in checked and "\x1b" not in checked


def test_check_fails_when_a_rule_is_broken(leadmatch, market, factory):
    with factory() as session:
        session.execute(
            text(
                "INSERT INTO lead_recommendations (lead_id, property_ids, scores, version)"
                " SELECT min(id), ARRAY[1, 1]::bigint[], ARRAY[1, 2]::real[], 9 FROM leads"
            )
        )
        session.commit()

    output = leadmatch("check", "--quiet", exit_code=1)

    assert "BROKEN every list of a lead is sorted by score, ties by id: 1 (lead " in output
    assert "ok" not in output.split()

    report = json.loads(leadmatch("check", "--quiet", "--json", exit_code=1))
    assert report["broken"] == len(report["rules"]) >= 1
    [unsorted] = [rule for rule in report["rules"] if rule["claim"].startswith("every list of a lead is sorted")]
    assert unsorted["broken"] == 1 and unsorted["examples"][0].startswith("lead ")
    assert all("broken" in rule for rule in json.loads(leadmatch("check", "--json", exit_code=1))["rules"])


def test_a_run_is_requested_once_and_an_overlapping_one_is_refused(leadmatch, market):
    first = leadmatch("rescore")
    again = leadmatch("rescore")
    refused = CliRunner().invoke(cli.cli, ["rescore", "--city", "Москва"])

    assert "is requested" in first and "is going already" in again
    assert "is in progress; wait for it or cancel it" in english(refused.exception)


def test_a_dry_run_lists_markets_and_starts_nothing(leadmatch, market, factory):
    output = leadmatch("rescore", "--dry-run")

    assert "Москва" in output and "SALE" in output and "pairs in" in output
    assert "0.0 M" not in output
    assert "0 pairs in 0 markets" in leadmatch("rescore", "--city", "Казань", "--dry-run")
    assert "Москва" in leadmatch("rescore", "--stale", "--dry-run")
    assert leadmatch("runs") == "There is no run yet: leadmatch rescore\n"


def test_a_dry_run_prints_the_same_as_json_for_programs(leadmatch, market):
    rows = json.loads(leadmatch("rescore", "--city", "Москва", "--deal-type", "SALE", "--dry-run", "--json"))

    assert [(row["city"], row["deal_type"]) for row in rows] == [("Москва", "SALE")]
    assert all(row["pairs"] == row["leads"] * row["properties"] for row in rows)
    assert rows[0] in json.loads(leadmatch("rescore", "--dry-run", "--json"))
    assert json.loads(leadmatch("rescore", "--city", "Казань", "--dry-run", "--json")) == []
    assert "--json goes with --dry-run" in leadmatch("rescore", "--json", exit_code=2)


def test_a_market_is_named_by_a_city(leadmatch):
    assert "--deal-type goes with --city" in leadmatch("rescore", "--deal-type", "RENT", exit_code=2)
    assert "--stale covers all" in leadmatch("rescore", "--stale", "--city", "Москва", exit_code=2)


def test_runs_are_listed_shown_cancelled_and_retried(leadmatch, factory):
    with factory() as session:
        run, _ = request_run(session, RunScope.ALL, "test")
        session.commit()
        run_id = run.id

    assert "queued" in leadmatch("runs")
    assert f"Run {run_id} queued" in leadmatch("runs", str(run_id))
    assert "is cancelled" in leadmatch("runs", "--cancel", str(run_id))
    assert "There is no run" in leadmatch("runs", "--state", "running")

    with factory() as session:
        failed = RescoringRun(scope=RunScope.ALL, requested_by="test", state=RunState.FAILED)
        failed.shards = [RescoringShard(city_key="x", deal_type="SALE", state=RunState.FAILED, error="it broke")]
        session.add(failed)
        session.commit()
        failed_id = failed.id
    assert "it broke" in leadmatch("runs", str(failed_id))
    assert "1 shards are queued again" in leadmatch("runs", "--retry", str(failed_id))
    with factory() as session:
        assert get_run(session, failed_id).state is RunState.RUNNING


def test_a_run_names_the_rows_that_the_engine_failed_on(leadmatch, factory):
    with factory() as session:
        run, _ = request_run(session, RunScope.ALL, "test")
        session.commit()
        skipped = [{"side": "LEAD", "id": 7, "error": "ValueError in vectorize.py:12"}]
        session.add(RescoringShard(run_id=run.id, city_key="name:x", deal_type=DealType.SALE, skipped=skipped))
        session.commit()

    assert "skipped lead 7: ValueError in vectorize.py:12" in leadmatch("runs", str(run.id))
    assert json.loads(leadmatch("runs", str(run.id), "--json"))[0]["shards"][0]["skipped"] == skipped


def test_a_watched_run_that_is_cancelled_ends_the_command_with_a_failure(leadmatch, market, factory, monkeypatch):
    from models.rescoring.runs import cancel_run
    from scripts import rescoring

    def cancel_meanwhile(_seconds):
        with factory() as session:
            cancel_run(session, session.scalar(text("SELECT max(id) FROM rescoring_runs")))
            session.commit()

    replace_in_this_thread(monkeypatch, rescoring.time, "sleep", cancel_meanwhile)

    assert "cancelled" in leadmatch("rescore", "--watch", exit_code=1)


def test_a_run_that_waits_for_another_says_for_which(leadmatch, market, factory, monkeypatch):
    """A first `make run` requests a run of everything while the sweep's run of stale lists may be going."""
    from models.rescoring.runs import cancel_run
    from scripts import rescoring

    with factory() as session:
        going = RescoringRun(scope=RunScope.STALE, state=RunState.RUNNING, requested_by="sweep")
        session.add(going)
        session.commit()
        number = going.id
    monkeypatch.setattr(rescoring, "WAIT_LIMIT_SECONDS", 0)

    def cancel_meanwhile(_seconds):
        with factory() as session:
            cancel_run(session, session.scalar(text("SELECT max(id) FROM rescoring_runs")))
            session.commit()

    replace_in_this_thread(monkeypatch, rescoring.time, "sleep", cancel_meanwhile)

    output = leadmatch("rescore", "--watch", exit_code=1)
    assert f"Run {number} is still going; this one follows it." in output and "No worker" not in output


def test_ctrl_c_leaves_the_run_going(leadmatch, market, factory, monkeypatch):
    from scripts import rescoring

    def interrupt(_seconds):
        raise KeyboardInterrupt

    replace_in_this_thread(monkeypatch, rescoring.time, "sleep", interrupt)

    assert "goes on" in leadmatch("rescore", "--watch", exit_code=130)
    with factory() as session:
        assert session.scalar(text("SELECT state FROM rescoring_runs")) == "queued"


def test_the_schedule_is_shown_with_its_next_times(leadmatch):
    output = leadmatch("schedule")

    assert "worker.tasks.request_full_run" in output and "22:15" in output


def test_a_bad_line_of_the_schedule_is_one_clear_line(tmp_path, monkeypatch, capsys):
    path = tmp_path / "celerybeat-schedule"
    path.write_text("# ours\n99 * * * *  worker.tasks.sweep\n")
    monkeypatch.setattr("worker.queue.upcoming.SCHEDULE_FILE", path)
    monkeypatch.setattr("sys.argv", ["leadmatch", "schedule"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 1
    assert "celerybeat-schedule, line 2:" in capsys.readouterr().err


def test_next_times_are_in_utc_and_later_than_now():
    weekly, leap = parse_schedule("30 4 * * mon worker.tasks.sweep\n0 0 29 2 * worker.tasks.sweep")
    now = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)  # that same Monday

    assert next_times(weekly, now, 2) == [
        datetime(2026, 11, 30, 4, 30, tzinfo=UTC),
        datetime(2026, 12, 7, 4, 30, tzinfo=UTC),
    ]
    assert next_times(leap, now, 1) == [datetime(2028, 2, 29, tzinfo=UTC)]


def test_rates_are_set_and_listed(leadmatch, factory):
    leadmatch("rates", "set", "usd", "RUB", "90", "--day", "2025-01-01")
    assert "1 USD = 92.5 RUB from 2026-01-01." in leadmatch("rates", "set", "usd", "rub", "92,5", "--day", "2026-01-01")

    leadmatch("rates", "set", "USD", "RUB", "95", "--day", "2999-01-01")
    in_use, everything = leadmatch("rates", "list"), leadmatch("rates", "list", "--all")
    assert "92.5" in in_use and "2025-01-01" not in in_use and "2999-01-01" not in in_use
    assert "2025-01-01" in everything and "2999-01-01" in everything
    with factory() as session:
        assert float(factors_to(session, "RUB", datetime(2026, 6, 1, tzinfo=UTC).date())["USD"]) == 92.5


def test_rates_are_fetched_where_an_address_is_set(leadmatch, monkeypatch):
    with pytest.raises(Exception, match="RATES_URL"):
        leadmatch("rates", "fetch")

    monkeypatch.setenv("RATES_URL", "http://127.0.0.1:9/nobody-listens")
    assert "Not fetched: The address cannot be reached" in leadmatch("rates", "fetch", exit_code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("USD", "USD", "1"),
        ("US", "RUB", "1"),
        ("RUS", "RUB", "1"),
        ("USD", "ZZZ", "1"),
        ("USD", "RUB", "1,234"),
        ("USD", "RUB", "-1"),
        ("USD", "RUB", "nan"),
        ("USD", "RUB", "x"),
        ("USD", "RUB", "1e-9"),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(leadmatch, arguments):
    with pytest.raises(Exception, match="currency|base|rate"):
        leadmatch("rates", "set", "--", *arguments)


def test_odd_markets_are_listed_and_merged_by_command(leadmatch, factory):
    with factory() as session:
        make_property(session, make_user(session), city="Кировс")
        session.commit()

    listed = leadmatch("markets", "list")
    merged = leadmatch("markets", "merge", "name:кировс", "Мурманская область, Кировск")

    assert "unknown town" in listed and "Кировск" in listed
    assert "name:кировс -> geo:548391: 0 leads, 1 properties." in merged
    assert "unknown town" not in leadmatch("markets", "list")
    assert "Every town is where it belongs." in leadmatch("markets", "reread")
    assert "several towns" in leadmatch("markets", "merge", "Кировск", "Москва, Казань", exit_code=2)
