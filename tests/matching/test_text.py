"""Words of leads find words of properties."""

import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from matching.engine.text import TEXT_DIMENSIONS, TextModel
from matching.errors import InvalidInputError

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
    return TextModel.fit(CORPUS, seed=0)


def cosine(model, one, other):
    return float(np.dot(*model.transform([one, other]).astype(float)))


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
def test_what_means_the_same_is_nearer(model, wish, alike, unlike):
    assert cosine(model, wish, alike) > cosine(model, wish, unlike) + 0.1


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
    np.testing.assert_array_equal(*model.transform([one, other]))


def test_vectors_have_length_one_or_nothing(model):
    vectors = model.transform(["метро", "", "абракадабра", *CORPUS])

    assert vectors.dtype == np.float32 and vectors.shape == (3 + len(CORPUS), TEXT_DIMENSIONS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0] + [1] * len(CORPUS), abs=1e-5)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(model):
    together = model.transform(CORPUS)
    alone = np.concatenate([model.transform([text]) for text in CORPUS])

    np.testing.assert_array_equal(together, alone)


def test_the_same_texts_in_any_order_give_the_same_model():
    one, other = TextModel.fit(CORPUS, seed=3), TextModel.fit(CORPUS[::-1] * 2, seed=3)

    assert one.words_ == other.words_
    np.testing.assert_array_equal(one.axes_, other.axes_)


def test_a_stored_model_is_the_same_model(model):
    again = TextModel.from_bytes(model.to_bytes())

    np.testing.assert_array_equal(again.transform(CORPUS), model.transform(CORPUS))


def test_what_is_no_model_is_refused():
    with pytest.raises(InvalidInputError, match="not a stored text model"):
        TextModel.from_bytes(b"PK\x03\x04 garbage")


@pytest.mark.parametrize("corpus", [[], [""], ["  ... "], ["метро"], ["метро", "парк"]])
def test_tiny_corpora_make_models_that_work(corpus):
    model = TextModel.from_bytes(TextModel.fit(corpus, seed=0).to_bytes())

    assert model.transform(["метро", "дом"]).shape == (2, TEXT_DIMENSIONS)


def test_the_empty_model_knows_nothing():
    assert not TextModel.empty().transform(["метро"]).any()


def test_threads_that_share_a_model_get_what_each_gets_alone():
    random = Random(0)  # nosec B311
    syllables = "ба ве ги до жу за ки ло ме на по ру са ту фи ха цо чу ша ще".split()
    words = ["".join(random.choices(syllables, k=4)) for _ in range(400)]
    texts = [" ".join(random.choices(words, k=8)) for _ in range(160)]
    stored = TextModel.fit(texts, seed=0).to_bytes()
    alone = TextModel.from_bytes(stored).transform(texts)
    shared = TextModel.from_bytes(stored)  # which has yet to learn every word
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # seconds: threads take turns all the time
    try:
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda text: shared.transform([text])[0], texts))
    finally:
        sys.setswitchinterval(usual)

    np.testing.assert_array_equal(together, alone)
