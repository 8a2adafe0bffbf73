"""The catalogue has every code of the source in every language, with the same facts, and no other entries."""

import ast
import functools
import re
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from models.core.enums import InquiryStatus
from models.core.errors import ConflictError, DomainError, Fault, InvalidValueError
from models.translations.catalogue import LANGUAGES, WORD, catalogue, describe_error, describe_kind, translate

ROOT = Path(__file__).parents[3]
PACKAGES = ("api", "models", "worker")
NAME = re.compile(r"\w+")
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
#: Errors and faults, and the position of the code among the arguments of each; by default the first.
ERROR_CLASSES = re.compile(r"(\w+Error|Fault|SchemaFault)$")
PLACE_OF_CODE = {"InvalidValueError": 1, "InvalidFileError": 1, "TooLargeFileError": 1, "WrongFileTypeError": 1}
#: Codes built from an HTTP status (api/http/errors.py).
MADE_OF_STATUS = re.compile(r"http\.\d{3}")


#: Errors and faults that clients receive.
CODED_ERRORS = {
    "ConflictError",
    "NotAllowedError",
    "NotSignedInError",
    "TooManyError",
    "BusyError",
    "InvalidValueError",
}
CODED_ERRORS |= {
    "InvalidFileError",
    "TooLargeFileError",
    "WrongFileTypeError",
    "UnreadableError",
    "NoTownError",
    "Fault",
}
CODED_ERRORS |= {"ValidationError"}


@dataclass(frozen=True)
class Use:
    """One place in the source that names an error code."""

    place: str
    code: str
    error: str = ""


@functools.cache
def trees() -> dict[str, ast.Module]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths if "migrations" not in path.parts
    }


def code_of_thing(thing: str) -> str:
    """The code that NotFoundError builds."""
    return f"{thing.replace(' ', '_').lower()}.not_found"


def uses() -> Iterator[Use]:
    """Codes with which errors and faults are created, or that error classes declare."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                index = PLACE_OF_CODE.get(name, 0)
                if not ERROR_CLASSES.fullmatch(name) or name == "SettingsError" or len(node.args) <= index:
                    continue
                text = node.args[index]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    code = (
                        f"{text.value.replace(' ', '_').lower()}.not_found" if name == "NotFoundError" else text.value
                    )
                    yield Use(f"{file}:{node.lineno}", code, name)
            elif isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                for each in node.body:
                    if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") == "code":
                        yield Use(f"{file}:{each.lineno}", ast.literal_eval(each.value))


def kinds(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


def facts_in(text: str | tuple[str, ...]) -> set[str]:
    texts = [text] if isinstance(text, str) else text
    return {name.partition(".")[0] for each in texts for _, name, _, _ in string.Formatter().parse(each) if name}


def test_every_code_is_in_every_language():
    english, russian, kazakh = (set(catalogue(language).messages) for language in LANGUAGES)

    assert russian == kazakh >= english
    assert {each for each in russian - english if CODE.fullmatch(each) or each.startswith(WORD)} == set()


def test_every_language_fills_in_the_same_facts():
    english = catalogue("en").messages
    differing = {
        (language, code)
        for language in LANGUAGES
        for code, text in catalogue(language).messages.items()
        if facts_in(text) != facts_in(english.get(code, code)) and facts_in(text) - facts_in(english.get(code, code))
    }

    assert differing == set()


def test_every_code_that_is_raised_has_a_sentence():
    known = catalogue("en").messages

    assert [use for use in uses() if CODE.fullmatch(use.code) and use.code not in known] == []


def test_no_error_is_raised_with_a_sentence():
    """The reader may use another language, so the sentence belongs in the catalogue."""
    assert [use for use in uses() if use.error in CODED_ERRORS and not CODE.fullmatch(use.code)] == []


def test_no_error_code_is_left_that_nobody_raises():
    texts = {node.value for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    texts |= {code_of_thing(text) for text in texts if isinstance(text, str)}
    codes = {
        code
        for code in catalogue("en").messages
        if CODE.fullmatch(code) and not code.startswith((WORD, "notification.", "reading.", "unit."))
    }

    assert {code for code in codes - texts if not MADE_OF_STATUS.fullmatch(code)} == set()


def test_no_word_is_left_that_the_domain_lacks():
    """A word is a value or a name in the code; `inquiry.new` is the word for `new` of an inquiry."""
    folders = (*PACKAGES, "matching", "scripts")
    names = {
        name for folder in folders for path in (ROOT / folder).rglob("*.py") for name in NAME.findall(path.read_text())
    }
    words = {message.removeprefix(WORD) for message in catalogue("en").messages if message.startswith(WORD)}

    assert {word for word in words if not names.issuperset(NAME.findall(word.split(".")[-1]))} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_task_has_a_name_that_operators_can_read(language):
    code = "\n".join(path.read_text() for path in sorted((ROOT / "worker").rglob("*.py")))
    tasks = set(re.findall(r'@task\(\s*name="(worker\.tasks\.\w+)"', code))

    assert len(tasks) > 30
    assert {name for name in tasks if WORD + name not in catalogue(language).messages} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_requests_a_run_has_a_word_that_operators_can_read(language):
    files = [
        *(ROOT / "worker").rglob("*.py"),
        *(ROOT / "scripts").glob("*.py"),
        *(ROOT / "scripts/commands").glob("*.py"),
    ]
    code = "\n".join(path.read_text() for path in files)
    askers = set(re.findall(r'(?:request_run|request|finish)\([^"\n]*"([a-z]+)(?=[:"])', code))

    assert askers >= {"cli", "engine", "import", "schedule", "sweep"}
    assert {name for name in askers if WORD + name not in catalogue(language).messages} == set()


def test_an_error_has_the_facts_that_its_sentence_needs():
    lacking = {
        kind.__name__: missing
        for kind in kinds()
        if "code" in vars(kind)
        if (missing := facts_in(catalogue("en").messages[kind.code]) - set(getattr(kind, "__dataclass_fields__", {})))
    }

    assert lacking == {}


def test_an_error_is_described_in_each_language_with_its_facts():
    error = InvalidValueError("price", "number.above_max", max=Decimal("1E+3"))

    assert [describe_error(language, error) for language in LANGUAGES] == [
        "price: Must be less than or equal to 1000.",
        "price: Не больше 1000.",
        "price: 1000 санынан аспауы керек.",
    ]


def test_a_fault_within_a_fault_is_described_in_the_same_language():
    fault = Fault("import.taken_as_unknown", reason=Fault("number.empty"))

    stored = Fault.from_json(fault.as_json())

    assert translate("ru", stored, stored.facts) == "Здесь нет числа. Принято за неизвестное."


def test_an_error_says_its_code_and_facts_to_the_log():
    from models.deals.inquiries import InquiryCannotGoBackError

    error = InquiryCannotGoBackError(present=InquiryStatus.CLOSED, wanted=InquiryStatus.NEW)

    assert isinstance(error, ConflictError)
    assert str(error) == "inquiry.cannot_go_back (present=closed, wanted=new)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_read_in_a_moment(language):
    catalogue.cache_clear()
    before = time.thread_time()

    assert catalogue(language).messages

    assert time.thread_time() - before < 2  # seconds; a quarter of one on a slow machine


@pytest.mark.parametrize("language", LANGUAGES)
def test_braces_that_people_see_are_single_with_facts_and_without(language):
    for message_id, text in catalogue(language).messages.items():
        if isinstance(text, str) and "{{" in text:
            assert "{{" not in translate(language, message_id), message_id
            assert "{{" not in describe_kind(language, message_id), message_id
    assert '{"message": "' in translate(language, "chat.send_json")
    assert '{"message": "' in describe_kind(language, "chat.send_object")
