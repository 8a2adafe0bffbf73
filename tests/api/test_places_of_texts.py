"""Which town, districts and stations a text means: those of the market, and publicly known ones."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.http.market_places import MarketPlaces
from api.http.place_lexicon import MarketLexicon
from api.http.town_of_text import town_of_text
from matching.reading.request_text import ListingReading, RequestReading, read_listing, read_request
from matching.reading.text_places import places_in_listing, places_in_request
from models.market.known_places import CountedPlace, PlaceKind
from models.market.towns.reading import read_town

MESSAGE = "ищем двушку у Сокола до 14 млн, можно Аэропорт, не первый, вторичка, ипотека одобрена"
MOSCOW = "Москва"
DISTRICT, STATION = PlaceKind.DISTRICT, PlaceKind.STATION


def homes(town: str, count: int, **places: str) -> list[CountedPlace]:
    """Homes of one town on the market, all at the same places (kind="name")."""
    key = read_town(town).key
    parts = [CountedPlace(key, PlaceKind(kind), name, count) for kind, name in places.items()]
    return [CountedPlace(key, PlaceKind.TOWN, town, count), *parts]


def request(text: str, market: Sequence[CountedPlace] = (), city: str | None = None) -> RequestReading:
    places = MarketPlaces(market)
    town = city or town_of_text(places, text, places_in_request)
    reading = read_request(text, MarketLexicon(places, (read_town(town).key,) if town else ()))
    return reading if city or not town else replace(reading, town=town)


def listing(text: str, market: Sequence[CountedPlace] = ()) -> ListingReading:
    places = MarketPlaces(market)
    town = town_of_text(places, text, places_in_listing)
    reading = read_listing(text, MarketLexicon(places, (read_town(town).key,) if town else ()))
    return replace(reading, town=town) if town else reading


def where(reading: RequestReading) -> tuple[str | None, list[str], list[str]]:
    return reading.town, reading.districts, reading.stations


#: Messages on a market without homes: (message, town, districts, stations).
MESSAGES: list[tuple[str, str | None, list[str], list[str]]] = [
    (MESSAGE, MOSCOW, ["Сокол", "Аэропорт"], []),
    ("двушка у м. Сокол", MOSCOW, [], ["Сокол"]),
    ("Сниму однушку, метро Сокол или Аэропорт, до 70 тыс", MOSCOW, [], ["Сокол", "Аэропорт"]),
    ("двушка, метро Войковская, Аэропорт или Сокол", MOSCOW, [], ["Войковская", "Аэропорт", "Сокол"]),
    ("нужна 2к, юго-западная, саларьево, прокшино", MOSCOW, [], ["Юго-Западная", "Саларьево", "Прокшино"]),
    ("Приморский район, м. Пионерская, двушка", "Санкт-Петербург", ["Приморский"], ["Пионерская"]),
    ("двушка москва до 14 млн", MOSCOW, [], []),
    ("сниму однушку в москве на длительный срок", MOSCOW, [], []),
    ("двушка с видом на москву реку", None, [], []),
    ("вид на москва-сити", None, [], []),
    ("рядом москва река", None, [], []),
    ("двушка ростов-на-дону", "Ростов-на-Дону", [], []),
    ("1к ростов на дону", "Ростов-на-Дону", [], []),
    ("рост цен на дону", None, [], []),
    ("в Москве у Сокола, двушку", MOSCOW, ["Сокол"], []),
    ("у Сокола в Москве", MOSCOW, ["Сокол"], []),
    ("в районе Сокола или Хорошёвского", MOSCOW, ["Сокол", "Хорошёвский"], []),
    ("г. Сокол, двушка до 2 млн", "Сокол", [], []),
    ("квартира в городе Сокол", "Сокол", [], []),
    ("ищем дом в Соколе Вологодской области", "Сокол", [], []),
    ("Сокол (Вологодская область), двушка", "Сокол", [], []),
    ("Вологодская область, Сокол. Двушка до 2 млн", "Сокол", [], []),
    ("мы из Сокола Вологодской области, ищем двушку в Митино", MOSCOW, ["Митино"], []),
    ("мы из Сокола, ищем двушку в Хамовниках", MOSCOW, ["Хамовники"], []),
    ("Анна ищет двушку в Хамовниках", MOSCOW, ["Хамовники"], []),
    ("Анна ищет двушку до 14 млн", None, [], []),
    ("однушка на Бауманской или Курской до 15 млн", MOSCOW, [], ["Бауманская", "Курская"]),
    ("на бауманской двушку", MOSCOW, [], ["Бауманская"]),
    ("трёшка, Ломоносовский проспект или Раменки", MOSCOW, ["Раменки"], ["Ломоносовский проспект"]),
    ("студия у Василеостровской", "Санкт-Петербург", [], ["Василеостровская"]),
    ("Сниму на Петроградке или Крестовском острове", "Санкт-Петербург", ["Петроградка"], ["Крестовский остров"]),
    ("у метро Парк Победы и Электросила", "Санкт-Петербург", [], ["Парк Победы", "Электросила"]),
    ("студия рядом с метро Площадь Восстания до 45к", "Санкт-Петербург", [], ["Площадь Восстания"]),
    ("двушка рядом с метро до 14 млн", None, [], []),
    ("Метро рядом, двушка", None, [], []),
    ("Свободна с 15 сентября, однушка", None, [], []),
    ("КУПЛЮ ОДНУШКУ В КИРПИЧНОМ ДОМЕ", None, [], []),
    ("ребёнок-аллергик, поэтому без ковров", None, [], []),
    ("Ванна обязательно, душевые кабины не люблю", None, [], []),
    ("Ремонт нужен такой, чтобы заехать и жить", None, [], []),
    ("We want to buy a resale flat, available from 1 March", None, [], []),
    ("Бір айға ғана, 2 адам", None, [], []),
    ("квартира в Коврове до 4 млн", "Ковров", [], []),
    ("Уехали из Белгорода, ищем двушку в Митино", MOSCOW, ["Митино"], []),
    ("Сдайте двушку семье из Актау, Митино", MOSCOW, ["Митино"], []),
    ("сейчас снимаем в Балашихе, хотим в Митино", MOSCOW, ["Митино"], []),
    ("снимаем в Балашихе однушку", "Балашиха", [], []),
    ("Таунхаус, Новая Рига до 25 км", None, [], []),
    ("квартира в Риге", "Рига", [], []),
    ("Сәлем! Пәтер керек, 2 бөлме", None, [], []),
    ("Түркістан көшесінде пәтер керек", None, [], []),
    ("Түркістанда пәтер керек", "Туркестан", [], []),
    ("Клиентка Самал ищет двушку в Медеуском районе Алматы", "Алматы", ["Медеуский"], []),
    ("Владимир, двушка до 5 млн", "Владимир", [], []),
    ("двушка в Радужном", "Радужный", [], []),
    ("ищу квартиру в Стамбуле", "Стамбул", [], []),
    ("двушка на Ленинском проспекте в Москве", MOSCOW, [], ["Ленинский проспект"]),
    ("двушка на Октябрьской площади в Казани", "Казань", [], []),
    ("квартира у парка Горького", None, [], []),
    ("двушка, 10 мин пешком, 14,2 млн руб.", None, [], []),
    ("Ауэзовский район Алматы, двушка", "Алматы", ["Ауэзовский"], []),
    ("двушка, Октябрьский район Новосибирска", "Новосибирск", ["Октябрьский"], []),
    ("двушка у Парка Победы", None, [], []),
    ("двушка, м. Парк Победы", None, [], ["Парк Победы"]),
    ("однушка у Речного вокзала, Новосибирск", "Новосибирск", [], ["Речной вокзал"]),
    ("2к, площадь Гарина-Михайловского", "Новосибирск", [], ["Площадь Гарина-Михайловского"]),
    ("Уралмаш или Эльмаш, до 5 млн", "Екатеринбург", ["Эльмаш"], ["Уралмаш"]),
    ("квартира на Козьей слободе", "Казань", [], ["Козья слобода"]),
    ("в Сормово двушку", "Нижний Новгород", ["Сормово"], []),
    ("Самара, Безымянка, однушка", "Самара", ["Безымянка"], []),
    ("двушка на Взлётке", "Красноярск", ["Взлётка"], []),
    ("в Бостандыкском районе, до 40 млн тенге", "Алматы", ["Бостандыкский"], []),
    ("Бостандық ауданында екі бөлмелі пәтер", "Алматы", ["Бостандыкский"], []),
    ("Есіл ауданы, 2 бөлмелі пәтер", "Астана", ["Есиль"], []),
    ("two-room flat near Sokol metro", MOSCOW, [], ["Сокол"]),
    ("flat in Khamovniki", MOSCOW, ["Хамовники"], []),
    ("Октябрьский район, двушка", None, ["Октябрьский"], []),
    ("двушка в Октябрьском районе Новосибирска", "Новосибирск", ["Октябрьский"], []),
    ("двушка на Октябрьской", None, [], []),
    ("м. Октябрьская, однушка", MOSCOW, [], ["Октябрьская"]),
    ("Центральный район, до 6 млн", None, ["Центральный"], []),
    ("двушка в Химках", "Химки", [], []),
    ("дом в Котельниках", "Котельники", [], []),
    ("однушка у м. Котельники", MOSCOW, [], ["Котельники"]),
    ("у метро Москва в Алматы", "Алматы", [], ["Москва"]),
    ("мкр Орбита, Алматы, м. Сайран", "Алматы", ["Орбита"], ["Сайран"]),
    # Names that are also words.
    ("рядом парк, университет и аэропорт, спортивная площадка", None, [], []),
    ("Москва, рядом университет, спортивная площадка во дворе, южная сторона", MOSCOW, [], []),
    ("Спортивная площадка во дворе, Москва", MOSCOW, [], []),
    ("Москва. Университет рядом, до аэропорта полчаса", MOSCOW, [], []),
    ("Москва, м. Университет", MOSCOW, [], ["Университет"]),
    ("В Москве у Университета или на Спортивной", MOSCOW, [], ["Университет", "Спортивная"]),
    ("Москва: хочется мира, свободы и победы над пробками", MOSCOW, [], []),
    ("Самара, ЖК «Победа», двушка", "Самара", [], []),
    ("Самара, ул. Победы, двушка", "Самара", [], []),
    ("Самара, метро Победа", "Самара", [], ["Победа"]),
    ("Москва, на Озёрной улице", MOSCOW, [], []),
    ("Москва, на Озёрной, окна на южную сторону", MOSCOW, [], ["Озёрная"]),
    ("ул. Октябрьская, двушка до 3 млн", None, [], []),
    ("двушка на Ленинском до 20 млн", None, [], []),
    ("двушка в Волжском", "Волжский", [], []),
    # Where clients live is not where they look.
    ("живём в Балашихе, ищем двушку у метро Аэропорт", MOSCOW, [], ["Аэропорт"]),
    ("живём в Москве, ищем на Аэропорте", MOSCOW, ["Аэропорт"], []),
    ("живём в Балашихе, ищем двушку", "Балашиха", [], []),
]


@pytest.mark.parametrize(("text", "town", "districts", "stations"), MESSAGES)
def test_a_market_without_homes_knows_public_places(text, town, districts, stations):
    assert where(request(text)) == (town, districts, stations)


def test_a_name_of_a_town_and_a_district_is_what_the_market_has_more_homes_of() -> None:
    vologda, moscow = homes("Сокол", 3), homes(MOSCOW, 2, district="Сокол")

    assert where(request("двушка у Сокола", vologda)) == ("Сокол", [], [])
    assert where(request("двушка у Сокола", [*vologda, *moscow])) == ("Сокол", [], [])
    assert where(request("двушка у Сокола", [*vologda, *homes(MOSCOW, 4, district="Сокол")])) == (MOSCOW, ["Сокол"], [])
    assert where(request("двушка, район Сокол", vologda)) == (MOSCOW, ["Сокол"], [])


def test_other_places_of_a_text_outweigh_the_homes_of_a_small_town() -> None:
    assert where(request(MESSAGE, homes("Сокол", 3))) == (MOSCOW, ["Сокол", "Аэропорт"], [])
    assert where(request("г. Сокол, можно Аэропорт", homes("Сокол", 3))) == ("Сокол", [], [])


def test_a_large_town_is_a_district_only_if_the_market_has_more_homes_there() -> None:
    district = homes(MOSCOW, 5, district="Химки")

    assert where(request("двушка в Химках", district)) == (MOSCOW, ["Химки"], [])
    assert where(request("двушка в Химках", [*district, *homes("Химки", 6)])) == ("Химки", [], [])
    assert where(request("двушка в Москве, Химки", [*district, *homes("Химки", 6)])) == (MOSCOW, [], [])


def test_the_markets_own_spelling_wins() -> None:
    market = homes(MOSCOW, 2, district="р-н Хорошево-Мневники", station="метро Сокол")

    assert request("в Хорошёво-Мнёвниках", market).districts == ["р-н Хорошево-Мневники"]
    assert request("м. Сокол", market).stations == ["метро Сокол"]


def test_a_place_that_homes_name_only_as_a_station_is_a_station() -> None:
    assert where(request("у Сокола", homes(MOSCOW, 2, station="Сокол"))) == (MOSCOW, [], ["Сокол"])


def test_the_town_with_most_homes_is_meant_by_a_name_that_several_towns_have() -> None:
    text = "м. Маяковская, однушка"
    petersburg = homes("Санкт-Петербург", 10, station="Маяковская")

    assert request(text).town is None
    assert request(text, petersburg).town == "Санкт-Петербург"
    assert request(text, [*petersburg, *homes(MOSCOW, 2, station="Маяковская")]).town == "Санкт-Петербург"
    assert request(text, [*petersburg, *homes(MOSCOW, 3, station="Маяковская")]).town is None
    assert request(text, homes("Санкт-Петербург", 10)).town == "Санкт-Петербург"
    assert request("Центральный район", homes("Омск", 1, district="Центральный")).town == "Омск"


def test_places_of_different_towns_show_no_town() -> None:
    assert where(request("Сокол или Василеостровская")) == (None, ["Сокол"], ["Василеостровская"])
    assert where(request("Сокол, Аэропорт или Василеостровская")) == (MOSCOW, ["Сокол", "Аэропорт"], [])


def test_a_refused_place_shows_the_town() -> None:
    read = request("двушка, кроме Митино")

    assert (read.town, read.districts, read.refused_districts) == (MOSCOW, [], ["Митино"])


def test_an_inferred_town_has_no_span() -> None:
    assert "towns" not in request(MESSAGE).spans
    assert "towns" in request("двушка в Москве у Сокола").spans


def test_a_given_town_decides() -> None:
    assert where(request("двушка у Сокола", homes("Сокол", 9), city=MOSCOW)) == (None, ["Сокол"], [])
    assert where(request("двушка у Парка Победы", city="Санкт-Петербург")) == (None, [], ["Парк Победы"])
    assert request("двушка в Ленинском", city="Самара").districts == ["Ленинский"]


@pytest.mark.parametrize(
    ("text", "districts"),
    [("двушка в Москве, 12-14, до 14 млн", []), ("двушка в Москве, район 12-14", ["12-14"])],
)
def test_numbers_are_a_place_only_beside_a_word_that_says_so(text, districts):
    assert request(text, homes(MOSCOW, 3, district="12-14")).districts == districts


def test_a_town_unknown_to_the_gazetteer_is_inferred_from_its_homes() -> None:
    assert where(request("в Заречной слободке", homes("Новый Зурбаган", 2, district="Заречная слободка"))) == (
        "Новый Зурбаган",
        ["Заречная слободка"],
        [],
    )


@pytest.mark.parametrize(
    ("text", "town", "district", "station"),
    [
        ("Продаю 2к, 54 м², м. Сокол 5 мин пешком, ул. Алабяна, 5", MOSCOW, None, "Сокол"),
        ("Сдаётся однушка, Хамовники, кухня 9 м", MOSCOW, "Хамовники", None),
        ("Продаётся 2-комн. 54 м², м. Свиблово 10 мин пешком, 14,2 млн руб.", MOSCOW, None, "Свиблово"),
        (
            "Продаётся студия, Васильевский остров, м. Приморская",
            "Санкт-Петербург",
            "Васильевский остров",
            "Приморская",
        ),
        ("Продаётся квартира, рядом парк и университет, спортивная площадка", None, None, None),
    ],
)
def test_a_listing_without_a_town_is_in_the_town_of_its_places(text, town, district, station):
    read = listing(text)

    assert (read.town, read.district, read.station) == (town, district, station)


@pytest.mark.parametrize(
    ("price", "amount"), [("14,2 млн руб.", 14.2e6), ("54 тыс", 54e3), ("1 200 000", 1.2e6), ("14.2 млн", 14.2e6)]
)
def test_a_price_is_not_read_as_a_town_with_a_number_in_its_name(price, amount):
    read = listing(f"Продаётся 2-комн. квартира, 10 мин пешком, {price}")

    assert (read.town, read.price) == (None, amount)
