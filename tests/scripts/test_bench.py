"""The benchmark's comparison is valid: its SQL computes the same scores, and its check notices wrong lists."""

import json

import numpy as np
import pytest

from scripts.benchmarks.bench import contestants, criteria_cost, growth, shapes, sql
from scripts.benchmarks.bench.market import synthetic_market
from scripts.benchmarks.bench.timings import FLOOR, OURS, Elapsed, Timings

K = 20


def test_the_benchmark_notices_lists_unlike_brute_force():
    made = synthetic_market(400, 600)
    vectors = contestants.vectors_of(contestants.market_of(made, contestants.text_model_of(made)), threads=1)
    _, lists = contestants.ours(vectors, k=7, threads=1)

    assert contestants.rows_that_differ(vectors, lists, k=7) == 0
    assert 0 < lists.pairs_scored <= 400 * 600
    assert contestants.rows_that_differ(vectors, lists, k=8) > 0


def test_the_query_in_sql_recommends_what_the_engine_does(new_database):
    made = synthetic_market(300, 400)
    model = contestants.text_model_of(made)
    _, lists = contestants.ours(contestants.vectors_of(contestants.market_of(made, model), 1), K, 1)
    url = new_database(template="template0").replace("+psycopg2", "")
    sql.fill(url, made, model)

    for side, ours in (("lead", lists.for_leads), ("property", lists.for_properties)):
        rows = np.arange(0, len(ours), 10)
        found = sql.best_of(url, side, rows, K, threads=2)
        shared = 0
        for row in rows:
            columns, scores = ours.row(row)
            theirs = [(column, score) for mine, column, score in found if mine == row]
            # The engine interpolates curves between knots; at a bend the error is up to 0.7 of 100.
            assert [score for _, score in theirs] == pytest.approx(scores.tolist(), abs=0.7)
            shared += len({column for column, _ in theirs} & set(columns.tolist())) / max(len(columns), 1)
        assert shared / len(rows) > 0.95


def test_every_time_is_on_disk_as_soon_as_it_is_known(tmp_path, capsys):
    timings = Timings(20_000, 100, 2, tmp_path / "new" / "bench.jsonl")
    for seconds in (4.0, 6.0, 5.0):
        timings.add(FLOOR, Elapsed(seconds, 2 * seconds), "every 4th row, times 4")
    timings.add(OURS, Elapsed(2.5, 4.0))

    lines = [json.loads(line) for line in timings.path.read_text().splitlines()]
    assert [(line["contestant"], line["seconds"]) for line in lines] == [
        (FLOOR, 4),
        (FLOOR, 6),
        (FLOOR, 5),
        (OURS, 2.5),
    ]
    assert lines[0]["note"] == "every 4th row, times 4"
    assert lines[0]["cpu_seconds"] == 8
    assert f"| {OURS} | 1 | 2.50 | 0.5 |  | 1 | 4.00 | 0.4 |" in "\n".join(timings.table())
    assert "2.50 s" in capsys.readouterr().out


def test_the_exponent_of_growth():
    points = [growth.Point(size, 3e-9 * size**1.5, 0, 0.1, 1) for size in (10_000, 20_000, 80_000)]

    assert growth.exponent([1, 2, 8], [1, 2**1.5, 8**1.5]) == pytest.approx(1.5)
    assert "N^1.50" in growth.as_markdown(points)[-1]


@pytest.mark.parametrize("name", ["usual", "same-wish", "near-duplicates", "all-unknown"])
def test_every_shape_of_market_is_one_that_the_engine_takes(name, monkeypatch):
    monkeypatch.setattr(shapes, "ORIGINALS", 30)
    monkeypatch.setitem(shapes.SHAPES, name, shapes.SHAPES[name]._replace(leads=300, properties=320))

    rows = shapes.measure((name,), k=5, threads=1, shares=(0.5, 1))

    assert [row.split(" | ")[0] for row in rows[2:4]] == [f"| {name}, 150 x 160", f"| {name}, 300 x 320"]
    assert rows[-1].startswith(f"{name}: CPU time grows as N^")


def test_the_cost_of_criteria_is_measured_on_leads_without_them():
    leads = synthetic_market(60, 80).leads
    states = {
        "wishes in words": lambda rows: len(rows.wish_codes),
        "free text": lambda rows: len("".join(rows.text)),
        "districts and stations": lambda rows: len(rows.district_codes) + len(rows.metro_codes),
        "price and area": lambda rows: np.isfinite(
            [rows.price_min, rows.price_max, rows.area_min, rows.area_max]
        ).sum(),
        "rooms, type, class, condition, year": lambda rows: rows.rooms.sum() + (rows.property_class >= 0).sum(),
    }
    assert set(states) == set(criteria_cost.GROUPS)
    for name, without in criteria_cost.GROUPS.items():
        left = {other: bool(stated(without(leads))) for other, stated in states.items()}
        assert left == {other: other != name for other in states}

    rows = criteria_cost.measure(60, k=5, threads=1, repeats=1)
    assert [row.split(" | ")[0][2:] for row in rows[2:]] == ["all criteria", *(f"without {name}" for name in states)]
