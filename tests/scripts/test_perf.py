"""`make perf` reports what is slower than in the last release, but not noise."""

import json
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine

from scripts.benchmarks import scale_out
from scripts.benchmarks.load import bare_app
from scripts.benchmarks.perf import engine, pages
from scripts.benchmarks.perf.__main__ import command
from scripts.benchmarks.perf.figures import RELEASES, Figure, Verdict, compare, last_release, load, save
from scripts.benchmarks.perf.pages import Batch
from scripts.benchmarks.perf.statements import NOT_COUNTED


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        ((1.19,), (1.0,), Verdict.SAME),  # below a fifth
        ((1.21,), (1.0,), Verdict.SLOWER),
        ((1.1, 1.3, 1.5), (1.0,), Verdict.SAME),  # 1.30 with a spread of 0.4/3/1.3 = 0.10: reported from 1.31 on
        ((1.27, 1.3, 1.33), (1.0,), Verdict.SLOWER),  # the spread is 0.015
        ((1.3,), (0.8, 1.0, 1.2), Verdict.SAME),  # the release's own spread is 0.13
        ((0.83,), (1.0,), Verdict.BETTER),  # 1 / 1.2 = 0.833
        ((0.84,), (1.0,), Verdict.SAME),
        ((1.0,), None, Verdict.NEW),
        (None, (1.0,), Verdict.MISSING),
    ],
)
def test_only_a_slowdown_beyond_the_noise_and_a_fifth_is_reported(now, before, verdict):
    measured = [{"a page": Figure(rounds, "x")} if rounds else {} for rounds in (now, before)]

    [found] = compare(*measured)

    assert found.verdict is verdict


def test_a_measurement_is_read_back_from_its_file(tmp_path):
    figures = {"a page": Figure((2.0, 2.5, 2.25), "of bare Flask", "7.4 ms")}
    save(tmp_path / "new" / "1.0.0.json", figures, {"cpu": 0.0123456}, {"version": "1.0.0"})

    assert load(tmp_path / "new" / "1.0.0.json") == figures
    assert json.loads((tmp_path / "new" / "1.0.0.json").read_text())["constants"] == {"cpu": 0.01235}


def test_the_last_release_is_the_highest_version_not_the_last_name(tmp_path):
    assert last_release(tmp_path) is None
    for version in ("0.9.0", "0.10.0", "0.2.0"):
        save(tmp_path / f"{version}.json", {}, {}, {})

    assert last_release(tmp_path) == tmp_path / "0.10.0.json"


def test_every_file_of_a_release_can_be_compared_with():
    for path in RELEASES.glob("*.json"):
        figures = load(path)
        assert all(found.verdict is Verdict.SAME for found in compare(figures, figures)), path


def test_the_command_fails_and_names_what_is_slower(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "TOWNS", 1)
    release = tmp_path / "release.json"

    def perf():
        options = ["--only", "engine", "--size", "300", "--texts", "2", "--rounds", "1"]
        files = ["--against", str(release), "--report", str(tmp_path / "perf.json")]
        return CliRunner().invoke(command, [*options, *files])

    save(release, {"reading a description, CPU": Figure((1e-6,), "x"), "a page": Figure((1.0,), "x")}, {}, {})
    slower = perf()
    save(release, {"reading a description, CPU": Figure((1e6,), "x")}, {}, {})
    better = perf()

    assert (slower.exit_code, better.exit_code) == (1, 0), slower.output + better.output
    assert slower.output.splitlines()[-1] == "Slower by more than 20% and the noise: reading a description, CPU"
    assert better.output.splitlines()[-1] == "Better by more than 20% and the noise: reading a description, CPU"
    measured = load(tmp_path / "perf.json")
    assert len(measured) == 6 and all(figure.value > 0 for figure in measured.values())


def test_pages_stand_beside_the_select_and_writes_beside_the_insert_of_the_same_round():
    def batch(seconds, web):
        return Batch(seconds, web, 0.0, 100.0, statements=3.0)

    batches = {
        pages.BARE_PAGE: [batch(0.002, 0.001), batch(0.004, 0.001)],
        "page": [batch(0.004, 0.003), batch(0.008, 0.003)],
        pages.BARE_POST: [batch(0.01, 0.001), batch(0.01, 0.0)],
        pages.POST: [batch(0.03, 0.002), batch(0.05, 0.002)],
    }
    figures = pages.figures_of(batches)

    assert figures["page, clock p50"].rounds == (2.0, 2.0)
    assert figures["page, CPU of web"].rounds == (3.0, 3.0)
    assert figures["POST /leads, clock p50"].rounds == (3.0, 5.0)
    assert figures["page, statements"].rounds == (3.0, 3.0)
    assert "POST /leads, CPU of web" not in figures  # the second batch was too short to measure any


def test_bare_flask_stores_what_is_posted_and_answers_what_was_kept(monkeypatch, new_database):
    url = new_database(template="template0")
    monkeypatch.setenv("DATABASE_URL", url)
    engine_of = create_engine(url)
    with engine_of.begin() as connection:
        for statement in bare_app.CREATE:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO load_yardstick VALUES (7, 'a page')")
    client = bare_app.bare_app().test_client()

    assert client.post("/", json={"rooms": [2]}).json == {"id": 1}
    assert (client.get("/7").text, client.get("/8").status_code) == ("a page", 404)
    with engine_of.begin() as connection:
        assert connection.exec_driver_sql("SELECT body FROM load_yardstick_posted").all() == [({"rooms": [2]},)]
    engine_of.dispose()


def test_the_speed_up_of_hosts_is_reported_with_the_limit_that_the_merge_sets():
    runs = [
        scale_out.Shared(1, 40.0, 38.0, 4.0, 50_000_000, 60_000_000, (8,), in_tiles=30.0, alone=10.0),
        scale_out.Shared(2, 25.0, 39.0, 4.0, 50_000_000, 60_000_000, (5, 3), in_tiles=31.0, alone=10.0),
    ]
    lines = scale_out.as_markdown(3_000, runs)

    assert lines[3] == "| 2 | 25.0 | 1.60 | 5, 3 | 39.0 | 4.0 | 50 | 60 | 25.0 | 1.60 |"  # 40/25; 30/2 + 10
    assert lines[-1].endswith("25% of one host's work: however many hosts there are, the speed-up stays below 4.0.")


@pytest.mark.parametrize(
    ("statement", "is_counted"),
    [
        ("UPDATE leads SET budget_max = budget_max * $1 WHERE id = $2 RETURNING version", False),  # the change itself
        ("SELECT version >= $1 FROM lead_recommendations WHERE lead_id = $2", False),  # is it visible yet
        ("SELECT city_key IS NULL FROM property_recommendations WHERE property_id = $1", False),
        ("BEGIN", False),
        ("UPDATE leads SET status=$1 WHERE leads.id = $2", True),
        ("SELECT leads.id, leads.version FROM leads WHERE leads.id = $1 FOR UPDATE", True),
        ("SELECT version_num FROM alembic_version", True),
    ],
)
def test_statements_of_the_measurement_itself_are_not_counted(statement, is_counted):
    assert (re.search(NOT_COUNTED, statement) is None) is is_counted
