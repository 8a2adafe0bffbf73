"""Kazakh nouns are read in all their forms."""

import pytest

from matching.reading.kazakh import STEMS, kazakh_forms, without
from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts


@pytest.mark.parametrize(
    ("stem", "form"),
    [
        ("мысық", "мысықпен"),  # with a cat: a voiceless end takes -пен
        ("мысық", "мысығымызбен"),  # with our cat: қ softens before a vowel
        ("мектеп", "мектебіне"),  # to its school: п softens, front vowels
        ("жиһаз", "жиһазбен"),  # with furniture: -бен after з
        ("қабат", "қабаттан"),  # from the floor
        ("бала", "балаларымызға"),  # to our children
    ],
)
def test_endings_follow_the_sounds_of_the_word(stem: str, form: str) -> None:
    assert form in set(kazakh_forms(stem))


def test_negated_words_have_their_own_forms() -> None:
    assert not {form for stem in STEMS.values() for form in without(stem)} & {
        form for stem in STEMS.values() for form in kazakh_forms(stem)
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("мысықпен болады ма", "cats"),
        ("үй жануарларымен тұрамыз", "pets"),
        ("итімізге рұқсат керек", "dogs"),
        ("балаларымызбен көшеміз", "children"),
        ("жиһазымен болса", "furnished"),
    ],
)
def test_a_lead_may_say_it_in_any_form(text: str, kind: str) -> None:
    assert [(wish.kind, wish.value) for wish in read_wishes(text)] == [(kind, True)]


def test_a_listing_refuses_animals_in_one_word() -> None:
    assert [(fact.kind, fact.value) for fact in read_facts("Үй жануарларынсыз.")] == [("pets", False)]
