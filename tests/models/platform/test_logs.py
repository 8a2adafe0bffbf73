import io
import json
import logging
import re

import pytest

from models.platform import logs
from tests.conftest import ROOT


@pytest.fixture
def lines():
    """The JSON log of a process in production; this process's own logging is restored afterwards."""
    root, written = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    logs.begin()
    logs.configure("production", "INFO")
    root.handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logs.begin()
    root.handlers[:], root.level = before


def test_a_line_holds_the_event_its_facts_and_what_is_bound(lines):
    with logs.bound(request_id="r1", run_id=None):
        logging.getLogger("worker.x").info("shard_ended", extra={"shard_id": 7})
    logging.getLogger("worker.x").info("later")

    first, second = lines()
    assert {"event": "shard_ended", "shard_id": 7, "request_id": "r1", "level": "info"}.items() <= first.items()
    assert first["timestamp"].endswith("Z")
    assert "run_id" not in first
    assert "request_id" not in second


def test_values_that_a_database_error_quotes_are_removed(lines):
    try:
        raise ValueError(
            "duplicate key\nDETAIL:  Key (phone)=(+77010000000) exists.\n"
            "[SQL: INSERT INTO users]\n[parameters: ('+77010000000',)]"
        )
    except ValueError:
        logging.getLogger("api").exception("request_failed")

    [line] = lines()
    assert "duplicate key" in line["exception"]
    assert "+7701" not in json.dumps(line)


@pytest.mark.parametrize("after", ["", "HINT:  none", "\n\nThe above exception was the direct cause of another:"])
def test_quoted_values_of_several_lines_are_removed(after):
    text = f"not stored\nDETAIL:  Failing row contains (1, Иван, звонить\n+77010000000, null).\n{after}"

    cut = logs.without_quoted_data(None, "", {"exception": text})["exception"]

    assert cut.split() == ["not", "stored", "(data", "cut", "out)", *after.split()]


def test_no_fact_takes_the_place_of_what_every_line_has(lines):
    logging.getLogger("x").warning("later")
    fields = lines()[0].keys()
    code = [path for name in ("api", "models", "worker", "scripts") for path in (ROOT / name).rglob("*.py")]
    facts = {
        name
        for path in code
        for extra in re.findall(r"extra=\{([^}]*)\}", path.read_text())
        for name in re.findall(r'"(\w+)":', extra)
    }

    assert {"event", "level", "logger", "timestamp"} <= fields and len(facts) > 30
    assert facts & fields == set()


def test_only_ids_are_handed_on_to_tasks():
    with logs.bound(request_id="r1", user_id=5):
        assert logs.inherited_facts() == {"request_id": "r1"}
