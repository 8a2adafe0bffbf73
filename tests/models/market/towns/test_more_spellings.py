"""A second table of towns, and every large town of our countries in every common spelling."""

import pytest

from models.market.towns import gazetteer
from models.market.towns.reading import TownError, read_town
from models.market.towns.regions import region_of
from models.market.towns.spelling import normal
from tests.models.market.towns.more_spellings import KNOWN_TOO, NO_TOWN, UNHEARD_OF
from tests.tables import each_of

ROWS = [line.split(" | ") for line in KNOWN_TOO.strip().splitlines()]
LARGE = 250_000
COUNTRIES = {"RU": ("Россия", "РФ", "Russia"), "KZ": ("Казахстан", "РК", "Kazakhstan")}
PASSPORT = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y  e iu ia".split(" "),
        strict=True,
    )
)
GOST = PASSPORT | {"й": "j", "х": "x", "ц": "cz", "щ": "shh", "ы": "y`", "ь": "`", "ю": "yu", "я": "ya", "ъ": "``"}
SCIENTIFIC = PASSPORT | dict(zip("жйхцчшщъыьэюя", "ž j h c č š ŝ ʺ y ʹ è û â".split(), strict=True))


def spelt(table, name):
    return "".join(table.get(sign, sign) for sign in name.casefold().replace("ё", "е"))


def keyed(expected):
    return f"geo:{expected}" if expected.isdigit() else expected


def is_read_as(text, key):
    try:
        return read_town(text).key == key
    except TownError:
        return False


@each_of(
    ("key", "currency", "text"),
    [(keyed(key), currency, text) for key, currency, texts in ROWS for text in texts.split(" ; ")],
)
def test_a_spelling_of_a_town_is_that_town(key, currency, text):
    reading = read_town(text)

    assert (reading.key, reading.currency, reading.known) == (key, currency, True)


@each_of("text", NO_TOWN.strip().splitlines())
def test_a_text_with_several_towns_or_none_is_refused(text):
    with pytest.raises(TownError):
        read_town(text)


@each_of("text", UNHEARD_OF.strip().splitlines())
def test_of_an_unheard_of_town_nothing_is_guessed(text):
    reading = read_town(text)

    assert (reading.known, reading.currency) == (False, None)


def test_the_table_is_as_long_as_promised():
    assert sum(len(texts.split(" ; ")) for *_, texts in ROWS) >= 1000


@each_of(
    "way",
    [
        "г. {name}",
        "{name} г.",
        "{name}, город",
        "{name} қаласы",
        "городской округ {name}",
        "{country}, {name}",
        "{name} ({country})",
        "{short}, г.{name}",
        "{english}, {country_in_english}",
        "{region}, {name}",
        "{name}, {region}",
        "{region} г. {name}",
        "{name} {region}",
        "123456, {country}, {region}, г {name}",
        "{name}, Ленинский район",
        "{name} ул. Ленина 5",
        "{name}, проспект Ленина 10 кв 5",
        "{name}, мкр. Северный",
        "{name} и окрестности",
        "«{name}».",
        "{passport}",
        "{gost}",
        "{scientific}",
    ],
)
def test_every_large_town_at_home_is_read_in_every_common_way(way):
    wrong = []
    for town in large_towns():
        country, short, english = COUNTRIES[town.country]
        name = gazetteer.called(town.id)
        text = way.format(
            name=name,
            country=country,
            short=short,
            english=town.english,
            country_in_english=english,
            region=REGIONS[town.country, town.region],
            passport=spelt(PASSPORT, name),
            gost=spelt(GOST, name),
            scientific=spelt(SCIENTIFIC, name),
        )
        if not is_read_as(text, town.key):
            wrong.append(text)

    assert not wrong


def large_towns():
    towns = map(gazetteer.by_id, (town.id for _, town in gazetteer.home_names()))
    at_home = {town.id: town for town in towns if town.country in COUNTRIES and town.population >= LARGE}
    assert len(at_home) >= 80
    return [town for town in at_home.values() if (town.country, town.region) in REGIONS]


REGIONS = {
    (region.country, code): region.name
    for name in """
    Московская область; Ленинградская область; Свердловская область; Новосибирская область; Татарстан; Башкортостан;
    Нижегородская область; Самарская область; Челябинская область; Омская область; Ростовская область; Пермский край;
    Воронежская область; Волгоградская область; Краснодарский край; Саратовская область; Тюменская область; ХМАО;
    Удмуртия; Алтайский край; Иркутская область; Ульяновская область; Хабаровский край; Приморский край; Дагестан;
    Ярославская область; Томская область; Оренбургская область; Кемеровская область; Рязанская область; ВКО;
    Пензенская область; Липецкая область; Тульская область; Кировская область; Чувашия; Калининградская область;
    Алматинская область; Карагандинская область; Павлодарская область; Жамбылская область; Актюбинская область;
    Костанайская область; Атырауская область; Туркестанская область; Кызылординская область
    """.split(";")
    for region in [region_of(normal(name))]
    if region is not None
    for code in region.codes
}
