"""Words of files and feeds: each column, schedule and reason has its words in the page's language."""

import pytest

from api.console.files.import_words import FIELD_LABELS, LEAD_LABELS, REFRESHES, REMARKED, field_label, shown_reason
from api.console.kit import i18n
from models.core.errors import Fault
from models.translations.catalogue import catalogue


@pytest.fixture(autouse=True)
def in_russian():
    i18n._language.set("ru")


def test_a_reason_within_a_reason_is_translated_too_and_so_is_its_field():
    fault = Fault("feed.none_taken", offers=12, field="price", reason=Fault("import.missing"), count=11)

    shown = shown_reason(Fault.from_json(fault.as_json()))

    assert shown == "Не взято ни одно из предложений (12). Цена: Нет значения. (таких 11)"


def test_a_sentence_of_an_earlier_release_stays_readable():
    assert shown_reason("the file is empty") == "The file is empty."
    assert shown_reason("the columns are: {name}") == "The columns are: {name}."
    assert shown_reason(None) == ""


def test_fields_are_called_by_their_words_and_others_by_their_names():
    assert (field_label("price"), field_label("row"), field_label("fl_status")) == ("Цена", "Вся строка", "fl status")


def test_every_word_for_columns_and_schedules_has_its_russian():
    labels = {*FIELD_LABELS.values(), *LEAD_LABELS.values(), *REMARKED.values(), *REFRESHES.values()}

    assert {label for label in labels if label not in catalogue("ru").messages} == set()
