"""Words of leads match words of properties."""

import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from matching.engine.text import MAX_LEAD_WORDS, WORD_PARTS, TextModel
from matching.errors import InvalidInputError
from tests.matching.strategies import likeness

CORPUS = [
    "Квартира у метро, можно с ребёнком",
    "рядом станция метро, тихий двор",
    "без животных",
    "с животными можно",
    "не первый этаж",
    "первый этаж, отдельный вход",
    "pets allowed, near the park",
    "no pets",
    "вид на парк",
    "большая кухня, балкон",
]


@pytest.fixture(scope="module")
def model():
    return TextModel.fit(CORPUS)


def rows(words):
    """Code -> weight, for each text."""
    return [
        dict(zip(words.codes[span].tolist(), words.worth[span].tolist(), strict=True))
        for span in map(slice, words.indptr[:-1], words.indptr[1:])
    ]


@pytest.mark.parametrize(
    ("wish", "alike", "unlike"),
    [
        ("нужно у метро", "метро рядом", "вид на парк"),
        ("с ребенком", "можно с детьми и ребёнком", "большая кухня"),
        ("без животных", "только без животных!", "с животными можно"),
        ("не первый этаж", "этаж не первый", "первый этаж"),
        ("no pets", "Sorry, no pets", "pets allowed"),
    ],
)
def test_texts_with_the_same_meaning_are_nearer(model, wish, alike, unlike):
    assert likeness(model, wish, alike) > likeness(model, wish, unlike) + 0.1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("животных нет. Парк, метро", "парк, метро животных, нет"),
        ("детей нет\nпарк", "парк, детей"),
        ("первый этаж?? Нет! Тихий двор", "тихий двор, первый этаж"),
        (unicodedata.normalize("NFD", "тихий двор, у метро, с ребёнком"), "тихий двор, у метро, с ребенком"),
        ("тихий двор 🌳🌳 метро", "тихий двор метро"),
    ],
)
def test_a_negation_ends_with_its_sentence_and_spellings_of_one_letter_are_one(model, one, other):
    mine, theirs = rows(model.property_words([one, other]))
    assert mine == theirs


def test_the_words_of_a_lead_add_up_to_one_or_are_none(model):
    words = model.lead_words(["метро", "", "абракадабра", *CORPUS])

    assert [sum(row.values()) for row in rows(words)] == pytest.approx([1, 0, 0] + [1] * len(CORPUS))
    assert words.worth.dtype == np.float32 and (words.worth > 0).all()


def test_a_rare_word_is_worth_more_than_a_common_one(model):
    [worth] = rows(model.lead_words(["балкон у метро"]))

    assert worth[model.words_["балкон"]] > worth[model.words_["метр"]]


def test_only_the_rarest_words_of_a_long_text_count(model):
    words = [f"{chr(1072 + i // 26)}{chr(1072 + i % 26)}слово" for i in range(90)]
    wordy = TextModel.fit([*words, " ".join(words[:40])])  # the first forty are commoner

    [worth] = rows(wordy.lead_words([" ".join(words)]))

    assert len(worth) == MAX_LEAD_WORDS
    commoner = set(rows(wordy.lead_words([" ".join(words[:40])]))[0])
    assert len(commoner) == 40 and not commoner & set(worth)


@pytest.mark.parametrize(
    "refusal", ["только славянам", "Русским, без кавказцев", "строго мусульманам", "Slavs only, no muslims", "орыс"]
)
def test_words_of_origin_and_belief_have_no_weight(refusal):
    model = TextModel.fit([f"тихий двор, {refusal}", refusal, *CORPUS])
    strictness = {"тольк", "строг", "onli", "не_двор"}

    [worth] = rows(model.lead_words([f"тихий двор, {refusal}"]))

    assert {word for word, code in model.words_.items() if code in worth} - strictness == {"тих", "двор"}


def test_longer_texts_count_less_and_repeating_a_word_hardly_helps(model):
    once, often, longer = rows(model.property_words(["метро", "метро метро метро", "метро. " + "Вид на парк. " * 20]))
    metro = model.words_["метр"]

    assert 0.9 * WORD_PARTS < once[metro] <= often[metro] == WORD_PARTS
    assert 0 < longer[metro] < 0.5 * once[metro]


def test_of_two_texts_with_a_word_the_shorter_one_counts_more_even_if_both_are_short():
    model = TextModel.fit(CORPUS + ["Двор, кухня, балкон, лоджия, парк, школа, лифт, консьерж, паркинг, сад и пруд"])
    shorter, longer = rows(model.property_words(["метро, парк", "метро, парк, двор"]))
    metro = model.words_["метр"]

    assert model.mean_length_ > 3 and shorter[metro] > longer[metro]


def test_the_words_of_a_text_do_not_depend_on_other_texts(model):
    for of_texts in (model.lead_words, model.property_words):
        assert rows(of_texts(CORPUS)) == [row for text in CORPUS for row in rows(of_texts([text]))]


def test_the_same_texts_in_any_order_give_the_same_model():
    one, other = TextModel.fit(CORPUS), TextModel.fit(CORPUS[::-1] * 2)

    assert one.words_ == other.words_ and one.mean_length_ == other.mean_length_
    np.testing.assert_array_equal(one.idf_, other.idf_)


def test_a_word_that_a_single_property_has_is_known_and_one_that_a_single_lead_has_is_not():
    homes = [*CORPUS, *(f"метро, балкон, этаж {number}" for number in range(100)), "Дом 28к1"]

    words = TextModel.fit(homes, ["28к1, абракадабра"]).words_

    assert "28к1" in words and "абракадабр" not in words


def test_a_word_of_several_leads_is_known_before_a_property_has_it():
    homes = [*CORPUS, *(f"метро, балкон, этаж {number}" for number in range(100))]

    assert "террас" in TextModel.fit(homes, ["нужна терраса", "с террасой у метро"]).words_


def test_a_stored_model_is_the_same_model(model):
    again = TextModel.from_bytes(model.to_bytes())

    for name in ("lead_words", "property_words"):
        assert rows(getattr(again, name)(CORPUS)) == rows(getattr(model, name)(CORPUS))


def test_an_invalid_model_is_refused():
    with pytest.raises(InvalidInputError, match="not a stored text model"):
        TextModel.from_bytes(b"PK\x03\x04 garbage")


@pytest.mark.parametrize("corpus", [[], [""], ["  ... "], ["метро"], ["метро", "парк"]])
def test_tiny_corpora_make_models_that_work(corpus):
    model = TextModel.from_bytes(TextModel.fit(corpus).to_bytes())

    assert len(model.lead_words(["метро", "дом"]).indptr) == len(model.property_words(["метро", "дом"]).indptr) == 3


def test_the_empty_model_knows_nothing():
    assert not len(TextModel.empty().lead_words(["метро"]).codes)


def test_threads_that_share_a_model_get_what_each_gets_alone():
    random = Random(0)
    syllables = "ба ве ги до жу за ки ло ме на по ру са ту фи ха цо чу ша ще".split()
    words = ["".join(random.choices(syllables, k=4)) for _ in range(400)]
    texts = [" ".join(random.choices(words, k=8)) for _ in range(160)]
    stored = TextModel.fit(texts).to_bytes()
    alone = rows(TextModel.from_bytes(stored).property_words(texts))
    shared = TextModel.from_bytes(stored)  # which has cached no word yet
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # seconds: threads take turns all the time
    try:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda text: rows(shared.property_words([text]))[0], texts))
    finally:
        sys.setswitchinterval(usual)

    assert together == alone
