"""Truncated texts: if the meaning depends on a missing word, there is no wish."""

import pytest

from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        # The denial stood before the first word, or after the last.
        ("лифта. Интернет подключен", ["internet"]),
        ("детей Без посредников. Плюс КУ", ["from_owner"]),
        ("мебели. Комиссия 50%", ["commission"]),
        ("Холодильник есть. Стиралки", ["fridge"]),
        ("Холодильник есть. Стиральной", ["fridge"]),
        ("Залог 1 месяц. Студентам", ["deposit"]),
        ("Дом кирпичный. Курящих", ["material"]),
        ("Без комиссии. С детьми не", ["commission"]),
        ("Без комиссии. Курящих просим", ["commission"]),
        ("Парковка во дворе. Питомцы -", ["parking"]),
        # What stands by itself, is governed, or is denied.
        ("Балкон. Лифт. Консьерж", ["balcony", "lift", "concierge"]),
        ("Нужно наличие: лифта, консьержа", ["lift", "concierge"]),
        ("Нужно наличие\nлифта\nконсьержа", ["lift", "concierge"]),
        ("Парк рядом. С балконом. С мебелью", ["park", "balcony", "furnished"]),
        ("Рядом: Школы. Магазины.", ["school", "shop"]),
        ("Двое детей. Собаки", ["children", "dogs"]),
        ("Двухкомнатную. Меблированную. С балконом", ["furnished", "balcony"]),
        ("Раздельные комнаты и сан. узлом", ["rooms_layout", "bathroom"]),
        ("Не первый этаж. Балкона не нужно, лифт нужен", ["first_floor", "lift"]),
        # Nothing shows that the whole text was cut.
        ("лифта", ["lift"]),
    ],
)
def test_a_noun_that_nothing_governs_is_no_wish(text: str, kinds: list[str]) -> None:
    assert [wish.kind for wish in read_wishes(text)] == kinds


def test_a_refusal_ends_with_its_sentence() -> None:
    """«не беспокоить без ...» refuses homes without the thing named; a full stop separates the two."""
    text = "С питомцами не беспокоить. Без кондиционера. Без посредников"

    assert {wish.kind: wish.value for wish in read_wishes(text)} == {"air_conditioner": False, "from_owner": True}
    facts = {fact.kind: fact.value for fact in read_facts(text)}
    assert facts == {"pets": False, "air_conditioner": False, "from_owner": True}
