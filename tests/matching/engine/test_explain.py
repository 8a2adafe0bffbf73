"""Explanations add up to exactly the score in the lists."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from matching.engine import explain
from matching.engine.criteria import CRITERION_NAMES
from matching.engine.explain import explain_pairs
from matching.engine.incremental import row_scores
from matching.engine.text import TextModel
from matching.engine.units import POINTS_PER_100
from tests.matching import oracle
from tests.matching.engine.test_criteria import HOME, LEAD
from tests.matching.strategies import CLOSENESS, TEXT_MODEL, checked, leads, properties, vectors, world_of


@checked
@given(leads(), properties())
def test_points_add_up_to_the_match_score(lead, home):
    [explanation] = explain_pairs([lead], [home], TEXT_MODEL, closeness=CLOSENESS)
    [[score]] = row_scores(*vectors([lead], [home]))

    assert (explanation.score is None) == np.isnan(score) == bool(explanation.broken)
    if explanation.score is not None:
        assert explanation.score == score
        assert sum(share.points for share in explanation.criteria) == pytest.approx(explanation.base, abs=1e-9)
        assert explanation.base + explanation.adjustment == pytest.approx(score, abs=1e-9)
        assert sum(share.weight for share in explanation.criteria) == pytest.approx(1)


@checked
@given(leads(), properties())
def test_values_are_the_oracles(lead, home):
    [explanation] = explain_pairs([lead], [home], TEXT_MODEL, closeness=CLOSENESS)
    expected = oracle.values(lead, home, world_of())
    verdicts = [oracle.verdict(wish, home, world_of()) for wish in oracle.distinct(lead.wishes)]
    sizes = [0.5 if strength == "soft" else 1 for strength, _, _ in verdicts]
    expected["wish"] = (
        sum(s * v for s, (_, v, _) in zip(sizes, verdicts, strict=True)) / sum(sizes) if verdicts else None
    )

    for share in explanation.criteria:
        value = expected[share.criterion]
        assert share.stated == (value is not None)
        if share.criterion not in explanation.broken:
            a_point = 1 / max(share.weight * POINTS_PER_100, 1)
            assert share.value == pytest.approx(0.9 if value is None else value, abs=4 * a_point)


def test_the_broken_criteria_are_named():
    home = type(HOME)(owner=LEAD.owner, property_type="HOUSE", price=40e6, area=10, rooms=5)

    [explanation] = explain_pairs([LEAD], [home], TextModel.empty())

    assert set(explanation.broken) == {"price", "area", "rooms", "property_type", "owner"}


def test_facts_that_the_property_does_not_state_are_marked():
    [explanation] = explain_pairs([LEAD], [type(HOME)(owner=2, property_type="APARTMENT")], TEXT_MODEL)

    known = {share.criterion for share in explanation.criteria if share.known}
    assert known == {"property_type"}
    assert [share.criterion for share in explanation.criteria] == list(CRITERION_NAMES)


def test_a_page_of_pairs_is_explained_in_one_pass_and_each_as_alone(monkeypatch):
    passes = []
    units = explain.criterion_units
    monkeypatch.setattr(explain, "criterion_units", lambda *sides: passes.append(sides) or units(*sides))
    homes = [HOME, replace(HOME, price=None), replace(HOME, rooms=7)] * 30

    together = explain_pairs([LEAD], homes, TEXT_MODEL)

    assert len(passes) == 1
    assert together[:3] == [explain_pairs([LEAD], [home], TEXT_MODEL)[0] for home in homes[:3]]
    assert together[3:6] == together[:3]
