"""The measures of wishes, nearness and words, on listings small enough to judge by hand."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from matching.engine.ranking import RankedLists
from matching.reading.kinds import KIND_OF, complete_facts
from scripts.benchmarks.evaluate import described, handwritten, moscow, page, truth
from scripts.benchmarks.evaluate.bm25 import BM25, K1, B
from scripts.benchmarks.evaluate.rent_leads import LEADS as RENT_LEADS
from scripts.benchmarks.evaluate.rents import Rent, invent
from scripts.benchmarks.evaluate.sale_leads import LEADS, SaleLead
from scripts.benchmarks.evaluate.sales_table import SalesTable, read_table
from scripts.benchmarks.evaluate.table_facts import table_facts
from scripts.benchmarks.evaluate.wish_words import words_of
from scripts.benchmarks.evaluate.yrl import feed_of
from tests.tables import each_of

HEADER = (
    "id,deal,city,okrug,district,metro,metro_min,metro_walk,street,house,rooms,area,living_area,kitchen_area,floor,"
    "floors_total,year_built,market,is_apartments,is_penthouse,house_type,ceiling_m,wc,declared_class,headline,price,currency\n"
)
ROWS = (
    "1,sale,Москва,САО,Сокол,Сокол,5,1,,,2,50,30,9,1,9,1960,resale,0,0,Кирпичный,3.0,1 раздельный,,,10000000,RUB\n",
    "2,sale,Москва,САО,Аэропорт,Аэропорт,9,0,,,2,50,0.0,-1.0,9,9,2024,new,1,0,Монолитно-кирпичный,0.0,2 совмещенных,,"
    "Секция 1 • Сдача корпуса 3 кв. 2024,10000000,RUB\n",
    "3,sale,Москва,САО,Сокол,Сокол,,1,,,2,50,,,4,9,,new,0,0,,,,,Сдан,12000000,RUB\n",
)


@pytest.fixture
def homes(tmp_path: Path) -> SalesTable:
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + "".join(ROWS), encoding="utf-8")
    return read_table(path)


@pytest.fixture
def rents(homes: SalesTable, monkeypatch: pytest.MonkeyPatch) -> list[Rent]:
    many = {name: np.tile(getattr(homes, name), 40) for name in vars(homes)}
    return invent(SalesTable(**many), 30, seed=1)


def test_values_that_mean_unknown_in_scraped_files_are_unknown(homes):
    assert np.isnan(homes.kitchen_area[1]) and np.isnan(homes.living_area[1]) and np.isnan(homes.ceiling[1])
    assert np.isnan(homes.combined[2]) and homes.combined[1] == 2
    assert homes.handed_over.tolist() == [1, 0, 1]
    assert homes.completion.tolist() == [0, 2024.5, 0]


@pytest.mark.parametrize(
    ("wish", "verdicts"),
    [
        (truth.not_first(), [-1, 1, 1]),
        (truth.not_last(), [1, -1, 1]),
        (truth.floor(2, 4), [-1, -1, 1]),
        (truth.kitchen(9), [1, 0, 0]),
        (truth.ceiling(3.2), [-1, 0, 0]),
        (truth.built(1990), [-1, 1, 0]),
        (truth.handed_over(), [1, -1, 1]),
        (truth.completed_by(2024), [1, 1, 1]),
        (truth.completed_by(2023), [1, -1, 1]),
        (truth.no_apartments(), [1, -1, 1]),
        (truth.material("brick"), [1, 1, 0]),
        (truth.not_material("monolith"), [1, -1, 0]),
        (truth.bathrooms(2), [-1, 1, 0]),
        (truth.separate_bathroom(), [1, -1, 0]),
        (truth.metro_within(10), [1, -1, 0]),  # nine minutes by transport are not a walk
        (truth.metro_within(10, on_foot=False), [1, 1, 0]),
    ],
    ids=lambda value: value.name if isinstance(value, truth.Wish) else "",
)
def test_truth_of_a_wish(homes, wish, verdicts):
    assert wish.judge(homes).tolist() == verdicts


def test_a_wish_counts_as_avoidably_violated_only_where_ten_homes_without_a_fault_exist():
    lead = SaleLead("не первый", (truth.not_first(),), (2,), (1, 2))
    verdicts = np.array([[-1, *[1] * 10]], np.int8)
    lists = RankedLists(np.array([0, 10]), np.arange(10, dtype=np.int32), np.linspace(99, 90, 10, dtype=np.float32))

    enough = handwritten.measure(lists, handwritten.Truth(verdicts == 1, [verdicts]), [lead])
    few = handwritten.measure(lists, handwritten.Truth(np.zeros((1, 11), bool), [verdicts]), [lead])

    assert (enough.violated, enough.avoidably_violated, enough.sent, enough.possible) == (1, 1, 9, 10)
    assert (few.violated, few.avoidably_violated, few.possible) == (1, 0, 0)


def test_bands_count_listed_pairs_and_those_that_could_be_sent():
    lists = RankedLists(np.array([0, 3]), np.array([0, 1, 2], np.int32), np.array([97, 91, 90], np.float32))
    lead = SaleLead("", (), (2,), (1, 2))
    known = handwritten.Truth(np.array([[True, True, False]]), [np.zeros((0, 3), np.int8)])

    bands = dict(zip(handwritten.BANDS, handwritten._bands(lists, known.sendable), strict=True))

    assert bands[96] == (1, 1.0) and bands[90] == (2, 0.5) and bands[80][0] == 0
    assert lead.wishes == ()


@each_of("wish", [wish for lead in (*LEADS, *RENT_LEADS) for wish in lead.wishes], ids=lambda w: w.name)
def test_hand_written_wishes_are_wishes_of_their_kinds(wish):
    KIND_OF[wish.kind].judge(wish.value)


def test_wishes_in_words_are_true_of_the_listing(homes):
    rng = np.random.default_rng(0)
    stated = [complete_facts(facts) for facts in table_facts(homes)]
    checked = 0
    for draw in range(300):
        row = draw % len(homes)
        for kind, value in words_of(homes, row, 3, rng).wishes:
            if kind in stated[row]:
                checked += 1
                _, contradicts = KIND_OF[kind].judge(value)
                assert not contradicts[KIND_OF[kind].answer_of(stated[row][kind])], (kind, value, stated[row][kind])
    assert checked > 300


def test_bm25_of_two_texts_equals_the_manual_result():
    index = BM25(["дом дом", "дом парк тихо"])
    idf = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))  # «парк» is in one of two texts
    tf = 1 * (K1 + 1) / (1 + K1 * (1 - B + B * 3 / 2.5))

    assert index.scores("парки") == pytest.approx([0, idf * tf])  # stemmed
    assert index.scores("море").tolist() == [0, 0]


def test_distances_of_districts():
    names = np.array(["Сокол", "Аэропорт", "Южное Бутово", "нет такого"])

    near = moscow.distances(names, ["Сокол"])

    assert near[0] == 0 and near[1] < 3 and near[2] > 20 and np.isnan(near[3])
    assert moscow.distances(names, ["Сокол", "Южное Бутово"])[2] == 0


def test_the_same_seed_invents_the_same_rents(homes, rents):
    many = {name: np.tile(getattr(homes, name), 40) for name in vars(homes)}

    assert invent(SalesTable(**many), 30, seed=1) == rents
    assert invent(SalesTable(**many), 30, seed=2) != rents
    assert all(rent.text and rent.in_words for rent in rents)


def test_a_feed_has_every_rent_and_only_the_fields_that_it_states(rents):
    root = ElementTree.fromstring(feed_of(rents))
    offers = [one for one in root if one.tag.endswith("offer")]

    assert [offer.get("internal-id") for offer in offers] == [rent.id for rent in rents]
    for offer, rent in zip(offers, rents, strict=True):
        names = {element.tag.split("}")[-1] for element in offer.iter()}
        assert ("with-pets" in names) == ("pets" in rent.in_fields)
        assert ("kitchen-space" in names) == ("kitchen_area" in rent.in_fields)
        assert {"type", "category", "price", "area", "description"} <= names


def test_a_home_let_by_the_day_is_sent_to_nobody_who_did_not_ask(rents):
    known = described.truth(rents)
    daily = [row for row, rent in enumerate(rents) if rent.stated_facts.get("rent_term") == "daily"]
    requested = [any(wish.kind == "rent_term" for wish in lead.wishes) for lead in RENT_LEADS]

    assert not known.sendable[~np.array(requested)][:, daily].any()


def test_measuring_a_section_again_does_not_change_the_others(tmp_path):
    path = tmp_path / "evaluation.md"
    page.write_page(path, ["# Title"], {"one": "## One\n\n1", "two": "## Two"}, ["one", "two"])

    sections = page.read_sections(path) | {"two": "## Two, again"}
    page.write_page(path, ["# Title"], sections, ["one", "two"])

    assert page.read_sections(path) == {"one": "## One\n\n1", "two": "## Two, again"}
    assert path.read_text(encoding="utf-8").startswith("# Title\n\n<!-- section: one -->")
