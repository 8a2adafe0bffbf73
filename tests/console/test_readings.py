"""Every kind of wish has its words on the pages."""

import pytest

from api.console.kit import i18n
from api.console.kit.readings import describe_reading
from matching.reading.kinds import KINDS
from models.translations.catalogue import LANGUAGES, catalogue


@pytest.fixture(autouse=True)
def russian():
    token = i18n._language.set("ru")
    yield
    i18n._language.reset(token)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_words(language):
    known = catalogue(language).messages
    endings = {"flag": ("yes", "no"), "number": ("label",), "choice": ()}
    codes = {f"reading.{kind.name}.{end}" for kind in KINDS for end in endings[kind.form]}
    codes |= {f"reading.{kind.name}.{choice}" for kind in KINDS if kind.form == "choice" for choice in kind.choices}

    assert codes - set(known) == set()


def test_no_words_are_left_for_kinds_that_are_gone():
    common = {"at_least", "at_most", "exactly", "or", "not", "completed", "quarter", "at_once"}
    codes = [code.split(".") for code in catalogue("en").messages if code.startswith("reading.")]

    assert {parts[1] for parts in codes} - common - {kind.name for kind in KINDS} == set()


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("first_floor", False, "не первый этаж"),
        ("kitchen_area", {"min": 9}, "кухня от 9 м²"),
        ("kitchen_area", 8.5, "кухня 8,5 м²"),
        ("floor", {"min": 3, "max": 7}, "этаж 3–7"),
        ("floor", {"min": 5, "max": 5}, "этаж 5"),
        ("metro_walk", {"max": 10}, "метро пешком до 10 мин"),
        ("price_cap", {"max": 60000}, "цена до 60\u00a0000 ₽"),
        ("material", {"any_of": ["brick", "monolith"]}, "дом: кирпич или монолит"),
        ("material", {"none_of": ["panel"]}, "дом: не панель"),
        ("renovation", {"any_of": ["rough", "cosmetic"]}, "отделка: черновая или косметическая"),
        ("window_view", ["yard", "park"], "окна во двор, на парк"),
        ("completion", {"max": 2027.5}, "сдача до 3 кв. 2027"),
        ("completion", 2027, "сдача 2027"),
        ("move_in", {"max": 60}, "заезд до 01.03"),
        ("move_in", {"max": 0}, "заезд сразу"),
        ("move_in", {"max": 10_000_000}, "заезд до 10\u00a0000\u00a0000"),
    ],
)
def test_readings_are_described_in_plain_words(kind, value, words):
    assert describe_reading(kind, value) == words


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("first_floor", False, "not the first floor"),
        ("lift", False, "no lift"),
        ("kitchen_area", {"min": 9}, "kitchen from 9 m²"),
        ("material", {"any_of": ["brick", "monolith"]}, "walls: brick or monolith"),
        ("material", {"none_of": ["panel"]}, "walls: not panel"),
        ("completion", {"max": 2027.75}, "completion up to Q4 2027"),
        ("move_in", {"max": 15}, "move in up to 15 Jan"),
    ],
)
def test_readings_are_described_in_english(kind, value, words):
    token = i18n._language.set("en")
    try:
        assert describe_reading(kind, value) == words
    finally:
        i18n._language.reset(token)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("first_floor", False, "бірінші қабат емес"),
        ("kitchen_area", {"min": 9}, "ас үй кемінде 9 м²"),
        ("price_cap", {"max": 60000}, "баға ең көбі 60\u00a0000 ₽"),
        ("material", {"any_of": ["brick", "monolith"]}, "үй: кірпіш не монолит"),
        ("material", {"none_of": ["panel"]}, "үй: панель емес"),
    ],
)
def test_readings_are_described_in_kazakh(kind, value, words):
    token = i18n._language.set("kk")
    try:
        assert describe_reading(kind, value) == words
    finally:
        i18n._language.reset(token)
