"""Whole messages of clients and whole texts of listings."""

from collections.abc import Sequence

import pytest

from matching.reading.places import PlaceKind
from matching.reading.request_text import ListingReading, RequestReading, read_listing, read_request


class Lexicon:
    """A few places of Moscow, by their names in lower case."""

    TOWNS = {"москва": "Москва", "мск": "Москва", "балашиха": "Балашиха", "астанада": "Астана"}
    DISTRICTS = {
        name.lower(): name
        for name in (
            "Сокол",
            "Аэропорт",
            "Хамовники",
            "Митино",
            "Марьина Роща",
            "Выхино-Жулебино",
            "Новые Черемушки",
            "Тверской",
        )
    }
    STATIONS = {
        name.lower(): name
        for name in ("Сокол", "Аэропорт", "Речной вокзал", "Парк Победы", "Студенческая", "Тверская", "Текстильщики")
    }

    def town(self, name: str) -> str | None:
        return self.TOWNS.get(name.lower())

    def district(self, name: str) -> str | None:
        return self.DISTRICTS.get(name.lower().replace("ё", "е"))

    def station(self, name: str) -> str | None:
        return self.STATIONS.get(name.lower())

    def kinds(self, name: str) -> Sequence[PlaceKind]:
        kinds: tuple[PlaceKind, ...] = ("town", "district", "station")
        return [kind for kind in kinds if getattr(self, kind)(name) is not None]


def request(text: str) -> RequestReading:
    return read_request(text, Lexicon())


def listing(text: str) -> ListingReading:
    return read_listing(text, Lexicon())


def test_who_buys_a_home_is_no_tenant() -> None:
    bought = request("Ищем с мужем двушку, до 14 млн, ипотека, есть кошка, балкон")
    rented = request("Снимем с мужем двушку до 60 тысяч, есть кошка, балкон")

    assert [wish.kind for wish in bought.wishes] == ["mortgage", "balcony"]
    assert [wish.kind for wish in rented.wishes] == ["couples", "cats", "balcony"]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2к до 45 млн тенге", None, 45e6),
        ("5к до 8 млн", None, 8e6),
        ("от 500 до 900 долларов в месяц", 500, 900),
        ("от 300 тыс до 20 млн", 300e3, 20e6),
    ],
)
def test_a_number_of_rooms_is_not_the_least_price(text: str, low: float | None, high: float) -> None:
    budget = request(text).budget

    assert budget is not None and (budget.low, budget.high) == (low, high)


def test_a_clients_message_gives_every_field() -> None:
    text = "ищем двушку у Сокола до 14 млн, можно Аэропорт, не первый, вторичка, ипотека одобрена"
    read = request(text)

    assert (read.districts, read.rooms, read.deal_type) == (["Сокол", "Аэропорт"], [2], "SALE")
    assert read.budget is not None and (read.budget.low, read.budget.high, read.budget.currency) == (None, 14e6, "")
    assert (read.payment_method, read.mortgage_approved, read.property_type) == ("MORTGAGE", True, "APARTMENT")
    assert [(wish.kind, wish.value) for wish in read.wishes] == [
        ("first_floor", False),
        ("new_building", False),
        ("mortgage", True),
    ]
    assert read.unread == []


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("двушка в Хамовниках", "districts", ["Хамовники"]),
        ("ДВУШКА НА СОКОЛЕ", "districts", ["Сокол"]),
        ("м. Сокол", "stations", ["Сокол"]),
        ("у метро Аэропорт", "stations", ["Аэропорт"]),
        ("рядом с Парком Победы, на Речном вокзале", "stations", ["Парк Победы", "Речной вокзал"]),
        ("в Марьиной роще или Новых Черёмушках", "districts", ["Марьина Роща", "Новые Черемушки"]),
        ("Выхино-Жулебино", "districts", ["Выхино-Жулебино"]),
        ("в Тверском районе", "districts", ["Тверской"]),
        ("на Тверской", "stations", ["Тверская"]),
        ("в Текстильщиках", "stations", ["Текстильщики"]),
        ("кроме Митино", "refused_districts", ["Митино"]),
        ("квартира в Москве", "town", "Москва"),
        ("рядом с парком, мост до центра", "stations", []),
        ("2-3 комнатную", "rooms", [2, 3]),
        ("Ищем 2-3 кв до 12 млн", "rooms", [2, 3]),
        ("комната 2-3 кв. м", "rooms", []),
        ("сдача 2-3 кв 2027", "rooms", []),
        ("продам 1/2 кв", "rooms", []),
        ("однушку или студию", "rooms", [0, 1]),
        ("двух- или трёхкомнатную квартиру", "rooms", [2, 3]),
        ("2к или 3к", "rooms", [2, 3]),
        ("трёшка", "rooms", [3]),
        ("двуху или трёху", "rooms", [2, 3]),
        ("однуху или евро2", "rooms", [1, 2]),
        ("500 евро 2 месяца", "rooms", []),
        ("2 ух или 3ех комнатную", "rooms", [2, 3]),
        ("2-ух или 5ти комнатную", "rooms", [2, 5]),
        ("2 кк до 12 кк", "rooms", [2]),
        ("трёшку за 5 кк", "rooms", [3]),
        ("не студия, однушка", "rooms", [1]),
        ("сниму на длительный срок", "deal_type", "RENT"),
        ("до 60к", "deal_type", "RENT"),
        ("до 12 млн", "deal_type", "SALE"),
        ("куплю дом с участком", "property_type", "HOUSE"),
        ("таунхаус", "property_type", "TOWNHOUSE"),
        ("кирпичный дом, двушка", "property_type", "APARTMENT"),
        ("наличные", "payment_method", "CASH"),
        ("Ипотеку не рассматриваем, двушка", "payment_method", None),
        ("Наличка, ипотека емес", "payment_method", "CASH"),
        ("ипотека не одобрена", "payment_method", "MORTGAGE"),
        ("куплю двушку, залог снимем за счёт задатка", "deal_type", "SALE"),
        ("снимем двушку, потом купим", "deal_type", "RENT"),
        ("апартаменты под посуточную аренду, до 12 млн", "deal_type", "SALE"),
        ("продали дачу, хотим купить однушку", "property_type", "APARTMENT"),
        ("Уехали из Балашихи, ищем двушку в Москве", "town", "Москва"),
        ("Семья из Балашихи ищет двушку в Москве", "town", "Москва"),
        ("ипотека не одобрена", "mortgage_approved", False),
        ("бизнес-класс", "property_class", "BUSINESS"),
        ("с дизайнерским ремонтом", "condition", "DESIGN"),
        ("меняю свою однушку на двушку", "rooms", [2]),
        ("сейчас снимаем студию, хотим двушку", "rooms", [2]),
        ("живём в однушке, ищем трёшку", "rooms", [3]),
        ("снимаем двушку", "rooms", [2]),
        ("4+ комнат", "rooms", [4, 5, 6]),
        ("от 80 м2, 3-4 комнаты", "rooms", [3, 4]),
        ("2к,3к", "rooms", [2, 3]),
        ("2, 3 комнаты", "rooms", [2, 3]),
        ("две раздельные комнаты", "rooms", [2]),
        ("2 изолированные комнаты", "rooms", [2]),
        ("екі бөлмелі пәтер", "rooms", [2]),
        ("2к до 50 тыс", "property_type", "APARTMENT"),
        ("дом, 4 комнаты, с участком", "property_type", "HOUSE"),
        ("на сутки однушку", "deal_type", "RENT"),
        ("300 000 тенге/мес", "deal_type", "RENT"),
        ("58 млн тенге", "deal_type", "SALE"),
        ("сниму 1ку", "rooms", [1]),
        ("м. Сокол или Аэропорт", "stations", ["Сокол", "Аэропорт"]),
        ("Аэропорт - не предлагать", "refused_districts", ["Аэропорт"]),
        ("мы из Балашихи, ищем двушку", "town", None),
        ("живу в Балашихе, ищу двушку в Москве", "town", "Москва"),
        ("живём сейчас в Балашихе, ищем двушку", "town", "Балашиха"),
        ("сейчас снимаем в Балашихе, ищем двушку в Москве", "town", "Москва"),
        ("снимем двушку в Балашихе, не в Москве", "town", "Балашиха"),
        ("Клиентка Сокол ищет двушку, район Аэропорт", "districts", ["Аэропорт"]),
        ("Клиент: Сокол, район Аэропорт", "districts", ["Сокол", "Аэропорт"]),
        ("живём в Балашихе, ищем двушку на Соколе", "town", "Балашиха"),
        ("живём в Митино, нужна двушка на Соколе", "districts", ["Сокол"]),
        ("живём в Митино, двушка там же", "districts", ["Митино"]),
    ],
)
def test_a_field_is_read_from_a_message(text: str, field: str, value: object) -> None:
    assert getattr(request(text), field) == value


@pytest.mark.parametrize(
    ("text", "low", "high", "currency"),
    [
        ("до 12,5 млн", None, 12.5e6, ""),
        ("бюджет 12 лямов", None, 12e6, ""),
        ("за три лимона", None, 3e6, ""),
        ("двушку за 5 кк", None, 5e6, ""),
        ("2 кк до 12 кк", None, 12e6, ""),
        ("до 45 кусков", None, 45e3, ""),
        ("бюджет 450 тыс", None, 450e3, ""),
        ("60к в месяц", None, 60e3, ""),
        ("10-12 млн руб", 10e6, 12e6, "RUB"),
        ("от 8 до 10 млн", 8e6, 10e6, ""),
        ("15 500 000 рублей", None, 15.5e6, "RUB"),
        ("до 14.000.000", None, 14e6, ""),
        ("до 70 т.р.", None, 70e3, "RUB"),
        ("up to $2000", None, 2000.0, "USD"),
        ("40 млн тенге", None, 40e6, "KZT"),
        ("первый взнос 3 млн, до 12 млн", None, 12e6, ""),
        ("тел. +7 916 123-45-67, до 9 млн", None, 9e6, ""),
        ("9,950 млн", None, 9.95e6, ""),
        ("12 миллионов 300 тысяч", None, 12.3e6, ""),
        ("до 5000 в сутки", None, 5e3, ""),
        ("сниму двушку до 60, на год", None, 60e3, ""),
        ("куплю двушку до 13,5", None, 13.5e6, ""),
        ("снять 1к до 50 000 рублей", None, 50e3, "RUB"),
        ("250 мың теңгеге дейін", None, 250e3, "KZT"),
        ("двушка до 60 тысяч, залог месяц", None, 60e3, ""),
        ("сниму, до 350к, депозит 2 мес.", None, 350e3, ""),
        ("зарплата 150 тысяч, сниму до 60 тысяч", None, 60e3, ""),
        ("30 000 залог, сниму за 60 000", None, 60e3, ""),
        ("сниму однушку до 65+ку, с кошкой", None, 65e3, ""),
        ("двушка, ипотека, бюджет 14.5", None, 14.5e6, ""),
    ],
)
def test_a_budget_is_read(text: str, low: float | None, high: float | None, currency: str) -> None:
    budget = request(text).budget

    assert budget is not None
    assert (budget.low, budget.high, budget.currency) == (low, high, currency)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("не дальше 10 минут пешком от Речного вокзала", ("metro_walk", {"max": 10})),
        ("двушка, Сокол до 10 мин пешком", ("metro_walk", {"max": 10})),
        ("двушка, до Сокола 15 минут на автобусе", ("metro_transport", {"max": 15})),
        ("у Сокола, 10 минут до метро", ("metro_walk", {"max": 10})),
        ("рядом с Соколом", None),
        ("у Сокола, школа в 5 минутах", None),
    ],
)
def test_the_way_to_a_named_station_is_a_wish(text: str, way: tuple[str, dict[str, float]] | None) -> None:
    ways = [(wish.kind, wish.value) for wish in request(text).wishes if wish.kind.startswith("metro")]

    assert ways == ([] if way is None else [way])


@pytest.mark.parametrize("text", ["кухня от 9", "дом 2010 года", "8 (916) 123-45-67", "этаж 5", "залог 30 000"])
def test_another_number_is_no_budget(text: str) -> None:
    assert request(text).budget is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("от 50 м2", 50, None),
        ("50-60 метров", 50, 60),
        ("до 45 кв.м", None, 45),
        ("80 метров", 80, None),
        ("площадь от 38", 38, None),
        ("60+ м²", 60, None),
        ("общая от 50", 50, None),
    ],
)
def test_an_area_is_read(text: str, low: float | None, high: float | None) -> None:
    area = request(text).area

    assert area is not None
    assert (area.low, area.high) == (low, high)


def test_a_station_named_after_students_does_not_mean_students() -> None:
    read = request("двушка, м. Студенческая, у Парка Победы")

    assert read.stations == ["Студенческая", "Парк Победы"]
    assert read.wishes == []


def test_text_that_was_not_understood_is_kept() -> None:
    text = "двушка на Соколе, хочу уютную с камином, не первый"

    assert [text[start:end] for start, end in request(text).unread] == ["уютную с камином"]


def test_a_listings_text_gives_every_field() -> None:
    read = listing(
        "Продаётся 2-комнатная квартира, Москва, район Сокол, Ленинградский проспект, д. 75к1, 54 м², 5/9 эт.,"
        " цена 18 500 000 руб. Кухня 9 м, дом 1957 г.п., м. Сокол 5 мин пешком"
    )

    assert (read.town, read.district, read.station) == ("Москва", "Сокол", "Сокол")
    assert (read.street, read.house_number) == ("Ленинградский проспект", "75к1")
    assert (read.rooms, read.area, read.floor, read.total_floors, read.year_built) == (2, 54.0, 5, 9, 1957)
    assert (read.price, read.currency, read.deal_type, read.property_type) == (18.5e6, "RUB", "SALE", "APARTMENT")
    assert {fact.kind for fact in read.facts} >= {"kitchen_area", "metro_walk", "floor"}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Квартира 54 м². Москва, 5/9 эт.", "town", "Москва"),
        ("Дом в 350 метрах от остановки", "area", None),
        ("высотой 264 метра", "area", None),
        ("студия 24 метра от собственника", "area", 24.0),
        ("Сдам квартиру! 8 916 392 31 55. Однушка", "price", None),
        ("8(925)860-52-73, двушка, 45000", "price", 45_000.0),
        ("гардеробная комната - 5,5 кв.м, 2 изолированные комнаты", "rooms", 2),
        ("сдаю 1-ю квартиру", "rooms", 1),
        ("1 ком квартиру", "rooms", 1),
        ("вид на Парк Победы, метро Сокол", "station", "Сокол"),
        ("м. Тверская площадь, 60,7 м²", "street", None),
        ("м. Тверская площадь, 60,7 м²", "area", 60.7),
        ("Общая площадь с лоджией 46 кв.м.", "street", None),
        ("общая площадь 45 м2", "street", None),
        ("Москва ул.Лесная 26к1", "street", "ул.Лесная"),
        ("Москва ул.Лесная 26к1", "house_number", "26к1"),
        ("ул. Лесная д.8 к.1", "house_number", "8 к.1"),
        ("ул. Лесная, 30 мин до метро", "house_number", None),
        ("Тверская ул. Сдаю квартиру", "street", "Тверская ул."),
        ("площадь Победы, 2", "street", "площадь Победы"),
        ("3к квартира, 78/50/10 м, 32 млн", "area", 78.0),
        ("Меняю трёшку на две однушки", "rooms", 3),
        ("Комната в трёхкомнатной квартире", "rooms", None),
        ("Доля в 2-комнатной квартире", "rooms", 2),
        ("Продажа: комнат - 2, этаж - 3", "rooms", 2),
        ("Дом 150 м2, 4 комнаты", "rooms", 4),
        ("Этаж 2, 3 комнаты", "rooms", 3),
        ("ул. Абая, д. 2, 3 комнаты", "rooms", 3),
        ("2-комнатные квартиры от 24,7 млн руб.", "price", 24.7e6),
        ("Цена снижена до 16.200.000! Было 17 млн", "price", 16.2e6),
        ("Студия посуточно, 2500 руб/сутки", "price", 2500.0),
        ("Студия посуточно, 2500 руб/сутки", "deal_type", "RENT"),
        ("2 бөлмелі пәтер сатылады", "deal_type", "SALE"),
        ("Сдам 1-к, ул. Маяковского, д. 5", "street", "ул. Маяковского"),
        ("ул. Кабанбай батыра 87", "house_number", "87"),
        ("Пресненская наб., 12", "street", "Пресненская наб."),
        ("Тверская улица, дом 12 стр. 2", "house_number", "12 стр. 2"),
        ("61 м², 5/6, 1937 г., без лифта", "year_built", 1937),
    ],
)
def test_a_field_is_read_from_a_listing(text: str, field: str, value: object) -> None:
    assert getattr(listing(text), field) == value


def test_minutes_after_a_stations_name_are_the_way_to_the_metro() -> None:
    assert ("metro_walk", 12.0) in [
        (fact.kind, fact.value) for fact in listing("2к, Парк Победы (12 мин. пешком)").facts
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "???", "м.", "г. ", "у", "🏠 2к", "a" * 5000, "не " * 500])
def test_no_message_breaks_the_reader(text: str) -> None:
    request(text)
    listing(text)
