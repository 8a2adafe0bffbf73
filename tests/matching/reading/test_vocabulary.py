"""The words of the grammar: how they are compared and split."""

from collections.abc import Iterator

import pytest

from matching.reading.abbreviations import ABBREVIATED
from matching.reading.entry import Side
from matching.reading.grammar import _phrases, vocabulary
from matching.reading.lead_text import read_wishes
from matching.reading.numerals import NUMERALS, ORDINALS
from matching.reading.phrases import words_of
from matching.reading.quantities import VOCABULARY
from matching.reading.vocabulary import fold

SIDES: tuple[Side, Side] = ("lead", "listing")


def words_of_the_grammar() -> Iterator[str]:
    for side in SIDES:
        for slots, _ in _phrases(side):
            yield from words_of(slots)
    yield from (*VOCABULARY, *NUMERALS, *ORDINALS, *ABBREVIATED, *ABBREVIATED.values())


def test_no_phrase_holds_a_letter_that_folding_changes() -> None:
    """Texts are folded before comparison, so an unfolded «бөлек» or «хрущёвский» in a phrase would match nothing."""
    assert sorted({word for word in words_of_the_grammar() if fold(word.lstrip("=")) != word.lstrip("=")}) == []


def test_every_abbreviated_word_means_a_word_of_the_grammar() -> None:
    assert [short for short in ABBREVIATED if vocabulary().word(short) is None] == []


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("не рассм. 1 эт. и угл.", {"first_floor": (False, "must"), "corner_flat": (False, "must")}),
        ("меб. и тех., без посредн.", {"furnished": (True, "wish"), "from_owner": (True, "wish")}),
        ("нужен лиффт", {"lift": (True, "wish")}),  # a doubled letter, in a word too short for other corrections
        ("не первый и не последнй этаж", {"last_floor": (False, "wish")}),
        ("Апартаменты? Нет, спасибо.", {"apartments": (False, "wish")}),
        ("+ лифт\n- первый этаж", {"lift": (True, "wish"), "first_floor": (False, "wish")}),
        ("маленькая кухня не устроит, надо от 10", {"kitchen_area": ({"min": 10.0}, "wish")}),
        ("квартира на третьем", {"floor": ({"min": 3.0, "max": 3.0}, "wish")}),
        ("третий, четвёртый или пятый этаж", {"floor": ({"min": 3.0, "max": 5.0}, "wish")}),
        ("9/9 и 1/5 не предлагать", {"first_floor": (False, "must"), "last_floor": (False, "must")}),
        ("готовность декабрь 2025", {"completion": ({"max": 2025.75}, "wish")}),
        ("до метро 15 пешком или 10 на автобусе", {"metro_transport": ({"max": 10.0}, "wish")}),
        ("кухня метров от восьми", {"kitchen_area": ({"min": 8.0}, "wish")}),
        ("from Feb 1st", {"move_in": ({"max": 32.0}, "wish")}),
        ("if pets are fine, we don't smoke, need AC", {"air_conditioner": (True, "wish")}),
        ("комнаты и санузел раздельные", {"bathroom": ({"any_of": ["separate"]}, "wish")}),
        ("раздельные комнаты и санузел", {"rooms_layout": ({"any_of": ["isolated"]}, "wish")}),
        ("Плюсом будет посудомойка, кондиционер", {"air_conditioner": (True, "soft")}),
        ("если с балконом, то вообще супер", {"balcony": (True, "soft")}),
        ("муж против первого этажа и газа", {"first_floor": (False, "wish"), "stove": ({"none_of": ["gas"]}, "wish")}),
        ("без обременений и один собственник", {"encumbrance": (False, "wish"), "one_owner": (True, "wish")}),
        ("если дом панельный, то не рассматриваю", {"material": ({"none_of": ["panel"]}, "must")}),
        ("лифт, если этаж выше 4", {"lift": (True, "wish")}),
        ("собакамен, ипотекаға", {"dogs": (True, "wish"), "mortgage": (True, "wish")}),
    ],
)
def test_a_kind_of_words_is_read(text: str, readings: dict[str, tuple[object, str]]) -> None:
    found = {wish.kind: (wish.value, wish.strength) for wish in read_wishes(text)}

    assert {kind: found.get(kind) for kind in readings} == readings


def test_a_condition_of_a_wish_is_no_wish() -> None:
    assert [wish.kind for wish in read_wishes("лифт (если выше 4)")] == ["lift"]


def test_nobody_asks_for_noise() -> None:
    assert read_wishes("надоел шумный двор") == [] or all(wish.value is True for wish in read_wishes("шумный двор"))


def test_a_word_is_corrected_to_the_same_form_in_every_process() -> None:
    """«санузл» may be three forms of one word; the alphabetically first is chosen, not the first of a set."""
    corrected = vocabulary().learn("санузл")

    assert corrected is not None
    assert (corrected.symbol, corrected.case) == ("санузел", "nominative")
