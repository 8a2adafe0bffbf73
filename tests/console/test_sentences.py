"""All sentences of the pages are in the catalogues of Russian and Kazakh; the English sentence is the id."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from sqlalchemy import select

from api.console.account.switches import CHANNEL_NAMES, HOW_TO_REACH, TOPIC_NAMES
from api.console.files.import_words import FIELD_LABELS, REFRESHES, REMARKED
from api.console.kit import i18n
from models.accounts.users import User
from models.translations.catalogue import catalogue
from tests.console.conftest import enter
from tests.console.test_pages import ROOT

TEMPLATES = ROOT / "api/templates/console"
#: Functions with a sentence as argument, and names of constants that contain sentences.
TRANSLATE = {"translate", "_"}
#: Words of the contract that `translate` is called with where a page shows a value of its own.
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


def in_templates() -> Iterator[str]:
    for path in TEMPLATES.rglob("*.html"):
        for found in re.finditer(r"""\b_\((?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""", path.read_text()):
            yield (found[1] or found[2]).replace("\\'", "'")


def in_code() -> Iterator[str]:
    for path in (ROOT / "api/console").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Tuple) and is_group(node):
                yield node.elts[0].value
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            if name in TRANSLATE and node.args:
                yield from (each.value for each in ast.walk(node.args[0]) if is_text(each))
            if name == "Control":
                yield node.args[1].value
                yield from (word.value.value for word in node.keywords if word.arg in ("hint", "unit"))


def is_group(node: ast.Tuple) -> bool:
    """Whether the value is a heading of a form with the controls below it."""
    match node.elts:
        case [ast.Constant(value=str()), ast.List(elts=[ast.Call(func=ast.Name(id="Control")), *_])]:
            return True
    return False


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_sentence_of_the_pages_is_in_the_catalogue(language):
    sentences = {*in_templates(), *in_code(), *i18n.OUTCOMES.values(), *FIELD_LABELS.values(), *REMARKED.values()}
    sentences |= {*REFRESHES.values(), *TOPIC_NAMES.values(), *CHANNEL_NAMES.values(), *HOW_TO_REACH.values()}
    sentences -= {"criterion", "undone"}

    assert {each for each in sentences if not CODE.fullmatch(each)} - set(catalogue(language).messages) == set()


def test_no_sentence_is_left_that_no_page_says():
    """Every sentence of the catalogue is in the code or on a page."""
    texts = set()
    for path in (ROOT / "api").rglob("*.py"):
        texts |= {node.value for node in ast.walk(ast.parse(path.read_text())) if is_text(node)}
    pages = "\n".join(COMMENT.sub("", path.read_text()) for path in TEMPLATES.rglob("*.html"))
    texts |= {each.replace("\\'", "'") for each in re.findall(r"'((?:[^'\\]|\\.)*)'", pages)}
    texts |= set(re.findall(r'"([^"]*)"', pages))
    sentences = {each for each, text in catalogue("ru").messages.items() if isinstance(text, str)}

    assert {each for each in sentences - texts if not CODE.fullmatch(each) and not each.startswith("word.")} == set()


def test_every_noun_that_is_counted_is_on_a_page():
    pages = "\n".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    nouns = {each for each, forms in catalogue("ru").messages.items() if isinstance(forms, tuple)}

    assert {noun for noun in nouns if f"'{noun}'" not in pages} == set()


@pytest.mark.parametrize(("language", "title"), [("ru", "Войти"), ("kk", "Кіру"), ("en", "Sign in")])
def test_a_page_is_in_the_language_of_its_reader(client, language, title):
    page = client.get("/console/sign-in", headers={"Accept-Language": language}).text

    assert f'<html lang="{language}"' in page and title in page


@pytest.mark.parametrize(("path", "query"), [("", ""), ("/stream", "?of=leadgen"), ("/count", "")])
def test_the_former_address_of_notifications_leads_to_them(client, path, query):
    answer = client.get(f"/console/notices{path}{query}")

    assert (answer.status_code, answer.location) == (308, f"/console/notifications{path}{query}")


def test_a_choice_of_language_is_that_of_messages_too(client, town, db):
    csrf = enter(client, town.buyer)

    client.post("/console/look", data={"csrf": csrf, "lang": "kk", "next": "/console/leads"})

    assert db.scalar(select(User.language).where(User.id == town.buyer.id)) == "kk"
    assert '<html lang="kk"' in client.get("/console/leads").text


def test_counts_of_rows_take_the_form_of_each_language():
    forms = {}
    for language in ("en", "ru", "kk"):
        i18n._language.set(language)
        forms[language] = [i18n.counted(count, "lead") for count in (1, 3, 5, 21)]
    i18n._language.set("ru")

    assert forms == {
        "en": ["1\u00a0lead", "3\u00a0leads", "5\u00a0leads", "21\u00a0leads"],
        "ru": ["1\u00a0лид", "3\u00a0лида", "5\u00a0лидов", "21\u00a0лид"],
        "kk": ["1\u00a0лид", "3\u00a0лид", "5\u00a0лид", "21\u00a0лид"],
    }


@cache
def audited() -> set[str]:
    """The actions that the code records, and the tables that they are about."""
    found = set()
    for package in ("api", "models", "scripts"):
        for path in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and ast.unparse(call.func) in ("record", "audit.record"):
                    named = [each.value for each in call.keywords if each.arg == "table_name"]
                    found |= {each.value for each in (*call.args[1:2], *named) if isinstance(each, ast.Constant)}
    return found


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_action_of_the_audit_log_has_its_words(language):
    actions = audited()

    assert {"agency_created", "session_ended", "users"} <= actions
    assert {each for each in actions if f"word.{each}" not in catalogue(language).messages} == set()


def test_a_sentence_of_a_note_is_one_piece_with_its_links_and_times():
    """The parts of a note stand side by side, so that a link beside a bare text would get a column of its own."""
    split = []
    for path in TEMPLATES.rglob("*.html"):
        for found in re.finditer(r'<p class="note[^>]*>(.*?)</p>', path.read_text(), re.DOTALL):
            without_icon = re.sub(r"\{\{-? icon\(.*?\}\}", "", found[1]).strip()
            is_one_element = re.fullmatch(r"<span>.*</span>", without_icon, re.DOTALL)
            if not is_one_element and re.search(r"<[a-z]|when\(", without_icon):
                split.append(f"{path.name}: {without_icon[:60]}")

    assert split == []
