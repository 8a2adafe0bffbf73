"""Every spelling of a town is read as that town, in its country's currency; a text with several or none is refused."""

import pytest

from models.market.towns import reading
from models.market.towns.addresses import town_in_address
from models.market.towns.reading import NoTownError, SeveralTownsError, read_town
from tests.models.market.towns.spellings import KNOWN, NONE, SEVERAL, UNKNOWN
from tests.tables import each_of


def rows(table):
    for line in table.strip().splitlines():
        *facts, spellings = (part.strip() for part in line.split(" |" if "| |" in line else " | "))
        yield [fact.lstrip("| ") for fact in facts], spellings.lstrip("| ").split(" ; ")


def key_of(expected):
    return f"geo:{expected}" if expected.isdigit() else expected


ALL_KNOWN = [(key_of(town), currency, text) for (town, currency), texts in rows(KNOWN) for text in texts]


@each_of(("key", "currency", "text"), ALL_KNOWN)
def test_a_spelling_of_a_town_is_that_town(key, currency, text):
    found = read_town(text)

    assert (found.key, found.currency, found.known) == (key, currency, True)


def test_the_table_is_as_long_as_promised():
    assert len({text for _, _, text in ALL_KNOWN}) >= 450


@each_of("text", SEVERAL.replace("\n", " ").strip().split(" ; "))
def test_several_towns_are_refused(text):
    with pytest.raises(SeveralTownsError, match="town.several"):
        read_town(text)


@each_of("text", NONE.split(" ; "))
def test_a_country_alone_is_refused_and_so_is_no_name(text):
    with pytest.raises(NoTownError):
        read_town(text)


@each_of(("key", "currency", "text"), [(name, money, text) for (name, money), texts in rows(UNKNOWN) for text in texts])
def test_an_unknown_town_keeps_its_own_name_and_no_currency_is_guessed(key, currency, text):
    found = read_town(text)

    assert (found.key, found.currency or "", found.known) == (f"name:{key}", currency, False)


def test_an_unknown_town_is_answered_with_what_is_like_it():
    assert "Кировск" in read_town("Кировс").nearest and "Новосибирск" in read_town("Новосибирскъград").nearest


def test_what_is_like_an_unknown_town_is_searched_when_somebody_asks(monkeypatch):
    searched = []
    monkeypatch.setattr(reading, "nearest_names", lambda name: searched.append(name) or ())
    found = read_town("Новый Зурбаганобад")

    assert not found.known and searched == []
    assert found.nearest == () and searched == ["новый зурбаганобад"]


def test_a_corrected_spelling_is_reported():
    assert read_town("Мосвка").corrected and not read_town("Москва").corrected


def test_a_region_alone_is_its_main_town_and_is_reported():
    assert read_town("Свердловская область").by_region and not read_town("Екатеринбург").by_region


def test_a_village_is_no_misspelt_town():
    assert not read_town("деревня Красногорка").known


def test_another_place_of_a_towns_name_has_a_market_of_its_own():
    elsewhere = read_town("Курская область, Марьино")

    assert not elsewhere.known and elsewhere.key != read_town("Марьино").key


@each_of(
    ("address", "town"),
    [
        ("ул. Абая, 7, Алматы", "Алматы"),
        ("Мирный, 3, Самара", "Самара"),
        ("Гагарин, 5, Смоленск", "Смоленск"),
        ("Самара, Мирный, 3", "Самара"),
        ("Россия, Москва, Тверская, 5", "Москва"),
        ("123456, г. Москва, ул. Тверская, д. 5", "Москва"),
        ("Москва Тверская 5", "Москва"),
        ("Тверская 5 Москва", "Москва"),
        ("ул Комсомольская 5 г Орел", "Орёл"),
        ("Московская область, Химки, ул. Ленина, 3", "Химки"),
        ("Ленинградская область, Кировск, Набережная 1", "Ленинградская область, Кировск"),
        ("пр-т Астана, 5, Караганда", "Караганда"),
        ("Владимир, 5, Иваново", "Иваново"),
        ("Казанская, 5, Санкт-Петербург", "Санкт-Петербург"),
        ("Dubai Marina, Dubai", "Дубай"),
        ("Турция, Анталья, Аланья, Махмутлар", "Аланья"),
        ("Анапа, Московская, 5", "Анапа"),
        ("улица Москва 5, Алматы", "Алматы"),
        ("Сейфуллина 5, Almaty, Kazakhstan", "Алматы"),
        ("г.Мирный, ул. Ленина, 3", "Мирный"),
        ("123 Main St, Anytown", "Anytown"),
        ("Васюки, Ленина 5", "Васюки"),
        ("Алматинская область, с. Бесагаш, ул. Абая 5", "Алматинская область, Бесагаш"),
    ],
)
def test_in_an_address_the_town_wins_over_a_street_of_a_towns_name(address, town):
    assert (
        read_town(town_in_address(address)) == read_town(town)
        or read_town(town_in_address(address)).key == read_town(town).key
    )
