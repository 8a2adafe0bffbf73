"""The account's menu leads to the help in the reader's language, and an empty account to its first steps."""

import re
from pathlib import Path

import pytest

from models.core.enums import Role
from models.translations.catalogue import LANGUAGES
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_user

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def page_for(app, db):
    """A function that returns the text of a page for a new user of this role."""

    def page_for(role, path, language="en"):
        user = make_user(db, role=role, email="new@leadmatch.example", password_hash=PASSWORD_HASH)
        db.commit()
        client = app.test_client()
        enter(client, user)
        return client.get(path, headers={"Accept-Language": language}).text

    return page_for


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/console/leads", "/console/properties"])
def test_an_empty_account_leads_to_the_guide_in_its_language(page_for, path, language):
    page = page_for(Role.REALTOR, path, language)

    assert page.count(f'href="/help/guide/realtor.{language}.html"') == 2, "the menu, and the first steps"
    assert (DOCS / f"guide/realtor.{language}.md").is_file()


@pytest.mark.parametrize(
    ("role", "address"),
    [(Role.REALTOR, "/help/guide/realtor.en.html"), (Role.OPERATOR, "/help/index.html"), (Role.TENANT, None)],
)
def test_the_menu_leads_each_role_to_the_page_that_is_for_it(page_for, role, address):
    page = page_for(role, "/console/account")

    assert ("/help/" in page) == (address is not None)
    assert address is None or f'href="{address}"' in page


@pytest.mark.parametrize(
    ("language", "address"),
    [
        ("ru", "/help/guide/realtor.ru.html"),
        ("kk", "/help/guide/realtor.kk.html"),
        ("en", "/help/index.html"),
    ],
)
def test_the_landing_page_leads_to_help_in_its_language(client, language, address):
    page = client.get("/", headers={"Accept-Language": language}).text

    assert re.findall('href="(/help/[^"]*)"', page) == [address]
