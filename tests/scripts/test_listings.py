"""Commands that list: JSON for programs, and tables that a pipe does not cut."""

import json

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.enums import DealType, RunScope
from models.deals.weights import WeightSet, store_live_set
from models.rescoring.runs import request_run
from scripts import cli
from tests.factories import make_lead, make_user

LISTINGS = {
    ("api-key", "list"): {"name": "site", "niche_id": None, "revoked_at": None},
    ("markets", "list"): {"city": "Москва", "deal_type": "SALE", "leads": 1, "properties": 0},
    ("rates", "list"): {"base": "USD", "currency": "RUB", "rate": "92.5", "day": "2026-01-01"},
    ("runs",): {"scope": "all", "state": "queued", "requested_by": "test"},
    ("schedule",): {"when": "15 22 * * *", "task": "worker.tasks.request_full_run", "arguments": {}},
    ("weights", "list"): {"city_key": "geo:524901", "deal_type": "SALE", "is_live": True, "weights": {"price": 1.0}},
}


@pytest.fixture
def leadmatch(process_environment, monkeypatch, engine):
    """``leadmatch("runs")`` returns the command's output into a pipe in a narrow terminal; each listing has one row."""
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "40")

    def call(*arguments: str) -> str:
        done = CliRunner().invoke(cli.cli, arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    call("api-key", "create", "site")
    call("rates", "set", "USD", "RUB", "92.50", "--day", "2026-01-01")
    figures = {"actions": 1, "actions_said": 1, "present_loss": 0.5, "fitted_loss": 0.4, "standard_error": 0.1}
    with Session(engine) as session:
        make_lead(session, make_user(session))
        request_run(session, RunScope.ALL, "test")
        store_live_set(
            session, WeightSet(weights={"price": 1.0}, city_key="geo:524901", deal_type=DealType.SALE, **figures)
        )
        session.commit()
    return call


def test_every_listing_is_printed_as_json(leadmatch):
    for command, expected in LISTINGS.items():
        first = json.loads(leadmatch(*command, "--json"))[0]
        assert {name: first[name] for name in expected} == expected, command
    run_id = json.loads(leadmatch("runs", "--json"))[0]["id"]
    assert json.loads(leadmatch("runs", str(run_id), "--json"))[0]["shards"] == []


def test_every_listing_command_takes_json():
    """Finds new commands: each one that prints a table is called list, or lists when called without a subcommand."""
    context = click.Context(cli.cli)
    groups = {name: cli.cli.get_command(context, name) for name in cli.cli.list_commands(context)}
    commands = {(name,): found for name, found in groups.items()}
    for name, group in groups.items():
        if "list" in getattr(group, "commands", {}):
            commands[name, "list"] = group.commands["list"]
    with_json = {name for name, found in commands.items() if any("--json" in each.opts for each in found.params)}
    with_json -= {("rescore",), ("check",)}  # they print the plan of a run, and the rules of stored data

    assert with_json == set(LISTINGS) == {name for name in commands if name[-1] in ("list", "runs", "schedule")}


def test_a_piped_table_is_not_cut(leadmatch, engine):
    assert "│ worker.tasks.request_full_run " in leadmatch("schedule")
    with Session(engine) as session:
        session.execute(text("UPDATE leads SET city = repeat('ы', 90), city_key = 'name:y'"))
        session.commit()

    assert "ы" * 90 in leadmatch("markets", "list")
