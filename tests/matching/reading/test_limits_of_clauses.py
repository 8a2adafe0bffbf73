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
    ],
)  # fmt: skip
def test_a_limit_or_denial_stays_in_its_clause(text: str, wishes: dict[str, object]) -> None:
    assert {wish.kind: wish.value for wish in read_wishes(text)} == wishes
