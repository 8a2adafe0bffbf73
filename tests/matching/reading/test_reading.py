"""Reading in general: no text breaks it, spans are the words, and origin is never read."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.reading.grammar import MAX_CHARACTERS
from matching.reading.kinds import KIND_OF
from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts
from matching.reading.origins import names_origin
from matching.reading.places import PlaceKind
from matching.reading.text_places import places_in_request
from scripts.benchmarks.evaluate.reading_corpus import cases
from tests.length import examples

WORDS = sorted({word for name in ("leads.txt", "listings.txt") for case in cases(name) for word in case.text.split()})
#: Texts of the grammar's own words in any order, with punctuation and noise between them.
SHUFFLED = st.lists(
    st.one_of(st.sampled_from(WORDS), st.text(max_size=5), st.sampled_from(list(",.;:()-/+ \n"))), max_size=80
).map(" ".join)


@settings(max_examples=examples(80, 2000))
@given(st.one_of(st.text(max_size=400), SHUFFLED))
def test_no_text_breaks_the_reader(text: str) -> None:
    for wish in read_wishes(text):
        KIND_OF[wish.kind].judge(wish.value)
        assert 0 <= wish.start < wish.end <= len(text)
        assert wish.strength in ("must", "wish", "soft")
    for fact in read_facts(text):
        KIND_OF[fact.kind].answer_of(fact.value)
        assert 0 <= fact.start < fact.end <= len(text)


@pytest.mark.parametrize(
    "piece",
    [
        "не ",
        "кухня от ",
        "9",
        "5/9 ",
        "желательно, ",
        "окна во двор и на ",
        "(",
        "без и без или ",
        "1-2-3-",
        "метро пешком ",
    ],
)
def test_a_long_repetition_is_read_piece_by_piece(piece: str) -> None:
    """A reader that compared every pair of words would never finish this text."""
    text = piece * (MAX_CHARACTERS // len(piece))

    assert len(read_wishes(text)) <= len(KIND_OF)
    assert len(read_facts(text)) <= len(KIND_OF)


def events_of(read: Callable[[str], object], text: str, kind: str) -> int:
    """How many functions *read* calls for *text* (*kind* "call"), or how many lines it executes ("line")."""
    events = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Callable[..., object] | None:
        nonlocal events
        events += event == kind
        return count if kind == "line" else None

    read(text)  # words are learnt once
    before = sys.gettrace()
    sys.settrace(count)
    try:
        read(text)
    finally:
        sys.settrace(before)
    return events


@pytest.mark.parametrize("piece", ["можно без животных и ", "если животные ", "животные никаких "])
def test_a_row_without_end_costs_no_cube_of_its_length(piece: str) -> None:
    """Twice the text may cost four times as much if a row or a clause extends over all of it, but not eight times."""
    for read in (read_wishes, read_facts):
        assert events_of(read, piece * 120, "call") < 5 * events_of(read, piece * 60, "call")


@pytest.mark.parametrize("piece", ["2018 г., ", "если ", "лес "])
def test_twice_the_text_costs_twice_as_much(piece: str) -> None:
    for read in (read_wishes, read_facts):
        assert events_of(read, piece * 600, "line") < 2.5 * events_of(read, piece * 300, "line")


class OneTown:
    """A lexicon that knows Moscow."""

    def kinds(self, name: str) -> tuple[PlaceKind, ...]:
        return ("town",) if name == "Москва" else ()

    def town(self, name: str) -> str | None:
        return name if name == "Москва" else None

    def district(self, name: str) -> None:
        return None

    station = district


def test_twice_as_many_places_cost_twice_as_much() -> None:
    def read(text: str) -> int:
        return len(places_in_request(text, OneTown()))

    assert read("Москва, " * 400) == 400
    assert events_of(read, "Москва, " * 400, "line") < 2.5 * events_of(read, "Москва, " * 200, "line")


def test_a_reading_carries_its_words() -> None:
    text = "Двушка у парка. Не первый этаж, кухня от 9 м, балкон обязательно."
    quotes = {wish.kind: text[wish.start : wish.end] for wish in read_wishes(text)}

    assert quotes["first_floor"] == "Не первый этаж"
    assert quotes["kitchen_area"] == "кухня от 9 м"
    assert quotes["balcony"] == "балкон"


def test_decomposed_letters_are_read_and_spans_stay() -> None:
    text = "не первый этаж, стиралка".replace("й", "и\u0306")
    [floor, washing] = read_wishes(text)

    assert (floor.kind, text[floor.start : floor.end]) == ("first_floor", "не первыи\u0306 этаж")
    assert text[washing.start : washing.end] == "стиралка"


ORIGIN = [
    "только славянам",
    "Славянская семья",
    "без кавказцев",
    "русским",
    "не азиаты",
    "для граждан РФ славянской внешности",
    "only Russians",
    "православная семья",
    "мусульманам не сдаём",
    "армянам и грузинам не предлагать",
    "славяндарға ғана",
    "узбеки, таджики не рассматриваются",
]


@pytest.mark.parametrize("text", ORIGIN)
def test_nationality_ethnicity_and_religion_are_never_read(text: str) -> None:
    kinds = {reading.kind for reading in (*read_wishes(text), *read_facts(text))}

    assert kinds <= {"couples"}


@pytest.mark.parametrize("text", ORIGIN)
def test_words_of_origin_are_named_for_the_channel_of_words(text: str) -> None:
    assert any(names_origin(word) for word in text.replace(",", " ").split())


@pytest.mark.parametrize("word", "квартира русло армия грузовой лифт индукция китобой семья кавычка турник".split())
def test_other_words_are_not_of_origin(word: str) -> None:
    assert not names_origin(word)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("не первый этаж, балкон", {"first_floor": False, "balcony": True}),
        ("без животных, с мебелью", {"pets": False, "furnished": True}),
        ("балкон есть, лифта нет, парковка во дворе", {"balcony": True, "lift": False, "parking": ["yard"]}),
        ("лифта нет балкон есть", {"lift": False, "balcony": True}),
        ("без детей, животных", {"children": False, "pets": False}),
    ],
)
def test_a_denial_does_not_leak(text: str, kinds: dict[str, object]) -> None:
    assert {fact.kind: fact.value for fact in read_facts(text)} == kinds
