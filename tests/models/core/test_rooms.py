"""Numbers of rooms in words: every phrase is read with its usual meaning, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.translations.catalogue import catalogue
from tests.tables import each_of


def up_from(count):
    return list(range(count, 11))


def up_to(count):
    return list(range(0, count + 1))


PHRASES = [
    # one number
    ("2", [2]),
    (" 2 ", [2]),
    ("0", [0]),
    ("10", [10]),
    ("12", [12]),
    ("2к", [2]),
    ("2 к", [2]),
    ("2-к", [2]),
    ("2 к.", [2]),
    ("2ккв", [2]),
    ("2-к.кв.", [2]),
    ("2 к. кв.", [2]),
    ("2k", [2]),
    ("2-комн.", [2]),
    ("2 комн", [2]),
    ("2 комнаты", [2]),
    ("3 комнаты", [3]),
    ("5 комнат", [5]),
    ("1 комната", [1]),
    ("2-комнатная", [2]),
    ("2-комнатную квартиру", [2]),
    ("2-х комнатная", [2]),
    ("2х комнатная", [2]),
    ("2-х-комнатная квартира", [2]),
    ("2х-комн.", [2]),
    ("5-ти комнатная", [5]),
    ("двухкомнатная", [2]),
    ("двухкомнатную", [2]),
    ("Двухкомнатная квартира", [2]),
    ("двух комнатная", [2]),
    ("трёхкомнатная", [3]),
    ("трехкомнатная", [3]),
    ("четырёхкомнатная", [4]),
    ("пятикомнатная", [5]),
    ("однокомнатная", [1]),
    ("две комнаты", [2]),
    ("три", [3]),
    ("однушка", [1]),
    ("однушку", [1]),
    ("двушка", [2]),
    ("двушку", [2]),
    ("трёшка", [3]),
    ("трешку", [3]),
    ("четырёшка", [4]),
    ("только 2", [2]),
    ("ровно 2", [2]),
    ("two rooms", [2]),
    ("2 rooms", [2]),
    ("2-room", [2]),
    ("one", [1]),
    ("2 бөлме", [2]),
    ("двушкa", [2]),  # a Latin a
    # studios
    ("студия", [0]),
    ("Студия", [0]),
    ("студию", [0]),
    ("квартира-студия", [0]),
    ("квартира студия", [0]),
    ("studio", [0]),
    ("studio apartment", [0]),
    ("1+0", [0]),
    # several
    ("студия или однушка", [0, 1]),
    ("студия, 1", [0, 1]),
    ("студия, 2", [0, 2]),
    ("студия/1", [0, 1]),
    ("студия и однушка", [0, 1]),
    ("1, 2", [1, 2]),
    ("1,2,3", [1, 2, 3]),
    ("1; 3", [1, 3]),
    ("1/2", [1, 2]),
    ("1 2 3", [1, 2, 3]),
    ("1к, 2к", [1, 2]),
    ("1к/2к", [1, 2]),
    ("1 или 2", [1, 2]),
    ("1 либо 2", [1, 2]),
    ("2 и 3", [2, 3]),
    ("1 or 2", [1, 2]),
    ("one or two", [1, 2]),
    ("двушка или трёшка", [2, 3]),
    ("однокомнатную или двухкомнатную", [1, 2]),
    ("студии, однушки, двушки", [0, 1, 2]),
    # ranges
    ("2-3", [2, 3]),
    ("2–3", [2, 3]),
    ("2 — 3", [2, 3]),
    ("1-3", [1, 2, 3]),
    ("1-2-3", [1, 2, 3]),
    ("1..3", [1, 2, 3]),
    ("2-3 комн.", [2, 3]),
    ("2-3-комнатная", [2, 3]),
    ("2-3-х комнатную", [2, 3]),
    ("двух-трёхкомнатная", [2, 3]),
    ("две-три комнаты", [2, 3]),
    ("от 2 до 4", [2, 3, 4]),
    ("от 2-х до 4-х комнат", [2, 3, 4]),
    ("от двух до четырёх", [2, 3, 4]),
    ("2 до 4", [2, 3, 4]),
    ("с 2 по 4", [2, 3, 4]),
    ("2 to 4", [2, 3, 4]),
    ("from 2 to 4 rooms", [2, 3, 4]),
    ("студия-2", [0, 1, 2]),
    ("от студии до двушки", [0, 1, 2]),
    ("не менее 2 и не более 4", [2, 3, 4]),
    ("не более 4, но не менее 2", [2, 3, 4]),
    ("не менее 2, не более 4", [2, 3, 4]),
    # upper bounds: a studio is below every number of rooms
    ("не более 2", up_to(2)),
    ("не больше 2", up_to(2)),
    ("до 3", up_to(3)),
    ("до 3 комнат", up_to(3)),
    ("до 3-х", up_to(3)),
    ("до трёх комнат", up_to(3)),
    ("максимум 3", up_to(3)),
    ("макс. 3", up_to(3)),
    ("3 максимум", up_to(3)),
    ("3 и менее", up_to(3)),
    ("3 или меньше", up_to(3)),
    ("менее 3", up_to(2)),
    ("меньше 3", up_to(2)),
    ("up to 3", up_to(3)),
    ("at most 2", up_to(2)),
    ("no more than 2", up_to(2)),
    ("2 or less", up_to(2)),
    ("less than 3", up_to(2)),
    ("max 2", up_to(2)),
    ("<= 2", up_to(2)),
    ("≤2", up_to(2)),
    ("<3", up_to(2)),
    # lower bounds
    ("не менее 2", up_from(2)),
    ("не меньше 2", up_from(2)),
    ("не менее трёх комнат", up_from(3)),
    ("от 2", up_from(2)),
    ("от 2 комнат", up_from(2)),
    ("от двушки", up_from(2)),
    ("минимум 2", up_from(2)),
    ("как минимум 2", up_from(2)),
    ("2 минимум", up_from(2)),
    ("4+", up_from(4)),
    ("4 +", up_from(4)),
    ("10+", [10]),
    ("3+ комнат", up_from(3)),
    ("3 и более", up_from(3)),
    ("3 и больше", up_from(3)),
    ("3 комнаты и более", up_from(3)),
    ("3 или больше", up_from(3)),
    ("2к или больше", up_from(2)),
    ("более 2", up_from(3)),
    ("больше 2", up_from(3)),
    ("at least 2", up_from(2)),
    ("2 or more", up_from(2)),
    ("no less than 2", up_from(2)),
    ("more than 2", up_from(3)),
    ("min 2", up_from(2)),
    (">= 2", up_from(2)),
    ("≥2", up_from(2)),
    (">2", up_from(3)),
    # bounds and numbers
    ("студия или от 3", [0, *up_from(3)]),
    ("до 2 или от 4", [0, 1, 2, *up_from(4)]),
    ("1, 3+", [1, *up_from(3)]),
    # large kitchens, and living rooms counted apart
    ("евродвушка", [1, 2]),
    ("евро-двушка", [1, 2]),
    ("евродвушку", [1, 2]),
    ("2Е", [1, 2]),
    ("евро-2", [1, 2]),
    ("евротрёшка", [2, 3]),
    ("2+1", [3]),
    ("1+1", [2]),
    ("3 + 1", [4]),
    # what is excluded
    ("не студия", up_from(1)),
    ("любая, кроме студии", up_from(1)),
    ("без студий", up_from(1)),
    ("1-3, кроме 2", [1, 3]),
    ("кроме студий и однушек", up_from(2)),
    ("любая, но не студия", up_from(1)),
    ("не студия и не однушка", up_from(2)),
    ("1, 2, но не студия", [1, 2]),
    ("любая двушка", [2]),
    ("двушка+", up_from(2)),
    ("двушка и больше", up_from(2)),
    ("хотя бы 2", up_from(2)),
    ("больше двух", up_from(3)),
    ("1к-2к", [1, 2]),
    ("3х-комн.", [3]),
    ("5 и более комнат", up_from(5)),
    ("1 или 2 комнаты", [1, 2]),
    ("нужна двушка", [2]),
    ("2,3", [2, 3]),
    ("4,5", [4, 5]),
    # anything
    ("", []),
    ("-", []),
    ("—", []),
    ("любая", []),
    ("любое", []),
    ("любое количество комнат", []),
    ("неважно", []),
    ("не важно", []),
    ("any", []),
    ("свободная планировка", []),
    ("не указано", []),
]

REFUSED = [
    ("3-1", "number.reversed"),
    ("от 4 до 2", "number.reversed"),
    ("не более 2 и не менее 4", "number.reversed"),
    ("2.5", "number.not_whole"),
    ("-1", "number.negative"),
    ("101", "rooms.too_many"),
    ("1000 комнат", "rooms.too_many"),
    ("2 спальни", "rooms.bedrooms"),
    ("2 bedrooms", "rooms.bedrooms"),
    ("2BR", "rooms.bedrooms"),
    ("много", "rooms.none"),
    ("комната", "rooms.none"),
    ("сколько-нибудь", "rooms.none"),
    ("дом", "rooms.none"),
    ("до", "number.not_understood"),
    ("от", "number.not_understood"),
    ("3 -", "number.not_understood"),
    ("2 или", "number.not_understood"),
    ("2 изолированные", "number.not_understood"),
    ("2 комнаты, желательно 3", "number.not_understood"),
    ("2-комнатную с балконом", "number.not_understood"),
    ("2 смежные комнаты", "number.not_understood"),
    ("почти 3", "number.not_understood"),
    ("2 этаж", "number.not_understood"),
    ("3 на 4", "number.not_understood"),
    ("не 2, а 3", "number.not_understood"),
    ("двушка с кухней", "number.not_understood"),
    ("1-3, кроме 1-3", "rooms.negated"),
    ("1,5", "number.not_whole"),
    ("1,5-комнатная", "number.not_whole"),
    ("не 1 и 2", "number.not_understood"),
    ("без студий, 2", "number.not_understood"),
    ("любая, 2", "number.not_understood"),
    ("студия не нужна", "number.not_understood"),
    ("студия или 2-комнатная с ремонтом", "number.not_understood"),
    ("три на четыре", "number.not_understood"),
    ("2 " * 100, "number.too_long"),
    ("евро евро 2", "number.not_understood"),
    ("2 + евро 2", "number.not_understood"),
    ("2 + 2е", "number.not_understood"),
]


@each_of(("text", "rooms"), PHRASES)
def test_a_phrase_admits_the_rooms_that_people_mean(text, rooms):
    assert read_rooms(text) == rooms


@each_of(("text", "code"), REFUSED)
def test_a_phrase_that_is_not_understood_whole_is_refused(text, code):
    with pytest.raises(UnreadableError) as refusal:
        read_rooms(text)

    assert refusal.value.code == code


def test_words_that_were_not_understood_are_named():
    with pytest.raises(UnreadableError, match="желательно"):
        read_rooms("2 комнаты, желательно 3")


def test_a_lower_bound_and_the_upper_one_below_it_leave_nothing_out():
    for count in range(1, 10):
        below, above = read_rooms(f"менее {count}"), read_rooms(f"не менее {count}")
        assert below + above == list(range(11))


words = st.sampled_from(
    [
        *"0123+-,/",
        "до",
        "от",
        "не",
        "более",
        "менее",
        "или",
        "и",
        "студия",
        "двушка",
        "комн",
        "к",
        "евро",
        "любая",
        "max",
    ]
)


@given(
    st.one_of(st.text(max_size=30), st.lists(words, max_size=8).map(" ".join), st.lists(words, max_size=8).map("".join))
)
def test_no_text_breaks_the_reader(text):
    try:
        rooms = read_rooms(text)
    except UnreadableError as refusal:
        assert refusal.code in catalogue("en").messages
    else:
        assert rooms == sorted(set(rooms)) and all(0 <= count <= 100 for count in rooms)
