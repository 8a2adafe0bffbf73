"""A limit applies only within its own clause."""

import pytest

from matching.reading.lead_text import read_wishes


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("этажность не больше 9 + кухня 6+", {"house_floors": {"max": 9}, "kitchen_area": {"min": 6}}),
        ("потолки не ниже 2.7, этаж до 3", {"ceiling_height": {"min": 2.7}, "floor": {"max": 3}}),
        ("до 7 этажа / потолки не ниже 2.6", {"floor": {"max": 7}, "ceiling_height": {"min": 2.6}}),
        ("дом до 9 этажей, минимум два с/у", {"house_floors": {"max": 9}, "bathrooms": {"min": 2}}),
        ("дом не выше 5 этажей, выше 4 этажа", {"house_floors": {"max": 5}, "floor": {"min": 5}}),
        # Two limits of one thing still go together, whatever follows.
        ("не ниже 2, не выше 5 этажа, кухня от 9", {"floor": {"min": 2, "max": 5}, "kitchen_area": {"min": 9}}),
        ("этаж от 3, до 7", {"floor": {"min": 3, "max": 7}}),
        # A refusal takes no denial of the next clause along.
        ("новостройки не предлагать, без первых этажей", {"new_building": False, "first_floor": False}),
        ("апартаменты не предлагать + без крайних", {"apartments": False, "first_floor": False, "last_floor": False}),
        ("не предлагать без лифта", {"lift": True}),
        # Nor does it take along what has a genitive of its own: of a number or a preposition.
        ("этаж любой, кроме первого + до 12 этажа", {"first_floor": False, "floor": {"max": 12}}),
        ("кроме панельных домов / от 2 санузлов", {"material": {"none_of": ["panel"]}, "bathrooms": {"min": 2}}),
        ("без апартаментов; два санузла", {"apartments": False, "bathrooms": {"min": 2}}),
        ("без апартаментов, санузлов 3+", {"apartments": False, "bathrooms": {"min": 3}}),
        ("без первых этажей, дом из монолита", {"first_floor": False, "material": {"any_of": ["monolith"]}}),
        ("не апартаменты; дом блочный", {"apartments": False, "material": {"any_of": ["block"]}}),
        # But it does take along what continues its list.
        ("без первых, последних этажей", {"first_floor": False, "last_floor": False}),
        ("кроме домов из панели, из блоков", {"material": {"none_of": ["panel", "block"]}}),
        # Of two lowest floors the higher one is meant; a permission lowers it.
        ("выше 9 этажа, а также этаж со 2-го", {"floor": {"min": 10}}),
        ("от 9 этажа, можно от 5 этажа", {"floor": {"min": 5}}),
        # In capitals, a capital letter after a full stop shows no new sentence.
        ("НЕ АПАРТАМЕНТЫ; 7 МИН. ПЕШКОМ ДО МЕТРО", {"apartments": False, "metro_walk": {"max": 7}}),
    ],
)  # fmt: skip
def test_a_limit_or_denial_stays_in_its_clause(text: str, wishes: dict[str, object]) -> None:
    assert {wish.kind: wish.value for wish in read_wishes(text)} == wishes
