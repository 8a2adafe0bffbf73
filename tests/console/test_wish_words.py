"""Every kind of wish has its words on the pages."""

import pytest

from api.console import i18n, wish_words
from matching.reading.kinds import KINDS


@pytest.fixture(autouse=True)
def russian():
    token = i18n._language.set("ru")
    yield
    i18n._language.reset(token)


def test_every_kind_has_russian_words():
    known = {"flag": wish_words._FLAGS, "number": wish_words._NUMBERS, "choice": wish_words._CHOICES}

    assert [kind.name for kind in KINDS if kind.name not in known[kind.form]] == []


def test_every_choice_has_its_russian_word():
    missing = [
        (kind.name, choice)
        for kind in KINDS
        if kind.form == "choice"
        for choice in kind.choices
        if choice not in wish_words._CHOICES[kind.name][1]
    ]

    assert missing == []


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
        ("material", {"any_of": ["brick", "monolith"]}, "дом кирпич или монолит"),
        ("material", {"none_of": ["panel"]}, "дом не панель"),
        ("window_view", ["yard", "park"], "окна во двор, на парк"),
        ("completion", {"max": 2027.5}, "сдача до 3 кв. 2027"),
        ("completion", 2027, "сдача 2027"),
        ("move_in", {"max": 60}, "заезд до 01.03"),
        ("move_in", {"max": 0}, "заезд сразу"),
    ],
)
def test_readings_are_said_in_plain_words(kind, value, words):
    assert wish_words.said_reading(kind, value) == words


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
def test_readings_are_said_in_english(kind, value, words):
    token = i18n._language.set("en")
    try:
        assert wish_words.said_reading(kind, value) == words
    finally:
        i18n._language.reset(token)
