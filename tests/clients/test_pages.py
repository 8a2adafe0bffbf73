"""Every command of a how-to or tutorial is either in the list of commands that no test runs, or run by its test."""

import configparser
import re

import pytest
import yaml

from models.platform.settings import Settings
from models.version import VERSION
from tests.clients import pages
from tests.conftest import ROOT

TESTS = "".join((ROOT / "tests/clients" / name).read_text() for name in ("test_howtos.py", "test_tutorials.py"))


@pytest.mark.parametrize("page", pages.names())
def test_each_page_with_commands_has_a_test_that_runs_them(page):
    if any(pages.is_run(page, line) for line in pages.lines(page)):
        assert f'script("{page}"' in TESTS
    if pages.inline(page):
        assert f'inline("{page}"' in TESTS


def test_each_command_that_no_test_runs_is_listed_once_with_a_reason_and_is_on_its_page():
    for page, reasons in pages.NOT_RUN.items():
        for beginning, reason in reasons.items():
            assert len([line for line in pages.lines(page) if pages.begins(line, beginning)]) == 1, beginning
            assert len(reason.split()) > 3


@pytest.mark.parametrize("page", pages.names())
def test_every_block_of_a_page_says_what_it_is(page):
    fences = re.findall(r"^ *```(.*)$", pages.text_of(page), re.M)

    assert set(fences[::2]) <= {"sh", "console", "ini", "nginx"}
    assert set(fences[1::2]) <= {""}


def test_the_wheel_of_the_pages_is_this_version():
    for page in pages.names():
        assert set(re.findall(r"leadmatch-([\d.]+)-py3", pages.text_of(page))) <= {VERSION}


@pytest.fixture
def variables():
    """A function that returns the variables of a page's blocks, with the reader's values."""

    def of(page: str, own: str) -> dict[str, str]:
        parser = configparser.RawConfigParser(inline_comment_prefixes="#")
        parser.optionxform = str
        parser.read_string("[x]\n" + "\n".join(pages.blocks(page, "ini")))
        return {name: own if value == "..." else value for name, value in parser["x"].items()}

    return of


def test_the_variables_of_the_containers_are_all_that_the_compose_file_asks_for(variables):
    compose = (ROOT / "deploy/compose.yaml").read_text()
    given = variables("howto/deploy", "q7Vw2pLr9XkTzB4mNcY8sHdG3fJ6aE4u")

    assert yaml.safe_load(compose)
    assert set(re.findall(r"\$\{([A-Z_]+):\?", compose)) == set(given)
    settings = Settings.from_env(
        given | {"ENVIRONMENT": "production", "DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x"}
    )
    assert settings.is_production


def test_the_variables_of_more_hosts_are_settings(variables):
    given = variables("howto/scale-out", "")
    settings = Settings.from_env(given | {"ENVIRONMENT": "test", "SECRET_KEY": "only-for-tests-0123456789-abcdefghijk"})

    assert settings.redis_url == given["REDIS_URL"]
    assert settings.database_url.endswith("@db.internal/leadmatch")
