"""Why files, addresses and offers were not taken: each reason that an import may give has its Russian."""

import ast
from pathlib import Path

import pytest

from api.console import i18n
from api.console.import_words import FIELD_LABELS, LEAD_LABELS, REFRESHES, REMARKED, field_label, shown_reason
from api.console.russian_imports import IMPORT_ERRORS, IMPORT_PATTERNS
from models.translations.catalogue import catalogue
from tests.conftest import ROOT

FILES = [*(ROOT / "models/sources").rglob("*.py"), ROOT / "worker/jobs/fetch.py", ROOT / "worker/jobs/imports.py"]
#: Told by the command and the API only: a page sends no kind, and a worker's file is always there.
NOT_ON_PAGES = ("is no kind of file that we read", "the file is 7, not", "cannot be read: 7")
#: Whose parts are words of ours, for which no 7 stands.
OF_WORDS = {"none of 7 offers could be taken; 7 (7 of them)", "no unit; taken for 7"}


@pytest.fixture(autouse=True)
def in_russian():
    i18n._language.set("ru")


def texts_of(node: ast.expr) -> list[str]:
    """The sentences that an expression may be, a 7 for whatever is put into them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(each.value if isinstance(each, ast.Constant) else "7" for each in node.values)]
    if isinstance(node, ast.IfExp):
        return texts_of(node.body) + texts_of(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in texts_of(value)]
    return []


def reasons(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            place = {"refuse": 1, "guess": 1, "FeedError": 0, "FetchError": 0}.get(name)
            if place is not None and len(node.args) > place:
                found |= set(texts_of(node.args[place]))
        elif isinstance(node, ast.FunctionDef) and node.name == "_doubt":
            found |= {text for each in ast.walk(node) if isinstance(each, ast.Return) for text in texts_of(each.value)}
    return {reason for reason in found if " " in reason}


def test_every_reason_of_a_report_has_its_russian():
    told = {reason for path in FILES for reason in reasons(path)}
    assert len(told) > 60

    english = {reason for reason in told if any("a" <= sign <= "z" for sign in shown_reason(reason).replace("XML", ""))}

    names = ("CSV", "xlsx", "JSON", "zip")
    left = {reason for reason in english if not any(name in reason for name in (*names, *NOT_ON_PAGES))}
    assert left == OF_WORDS


def test_a_reason_within_a_reason_is_told_in_russian_too():
    told = shown_reason("none of 1,200 offers could be taken; price: it is missing (1,100 of them)")

    assert told == "Не взято ни одно из 1,200 предложений; price: нет значения (1,100 из них)"
    assert shown_reason("no unit; taken for sotkas") == "Нет единицы; принято за сотки"


def test_fields_are_called_by_their_words_and_others_by_their_names():
    assert (field_label("price"), field_label("row"), field_label("fl_status")) == ("Цена", "Вся строка", "fl status")


def test_every_word_for_columns_and_schedules_has_its_russian():
    labels = {*FIELD_LABELS.values(), *LEAD_LABELS.values(), *REMARKED.values(), *REFRESHES.values()}

    assert {label for label in labels if label not in catalogue("ru").messages} == set()


def test_no_russian_of_a_reason_is_left_that_nobody_gives():
    code = "".join(path.read_text() for path in (*FILES, *(ROOT / "api").rglob("*.py")) if "russian" not in path.name)
    code = code.replace('"\n', "").replace('"', "")
    parts = [sentence for sentence in IMPORT_ERRORS if not sentence.startswith(("There is no such", "taken for"))]

    assert {sentence for sentence in parts if sentence not in code} == set()
    assert len(IMPORT_PATTERNS) > 20
