"""Spellings of one district, station or street have one key; different places stay apart; minutes are read."""

import pytest

from matching.facts.place_names import StationReading, place_key, place_keys, read_station, read_stations, street_key

#: One place a line; its spellings parted by " | ". No two lines name the same place.
PLACES = """
Спортивная | м. Спортивная | м.Спортивная | М. СПОРТИВНАЯ | Спортивная м. | Спортивная (Сокольническая линия) | Спортивная, Сокольническая линия | Спортивная (Сокольническая) | Спортивная (СЛ) | Cпортивная | cпортивная | станция метро «Спортивная» | ст. м. Спортивная | ст.м.Спортивная | метро Спортивная | метро "Спортивная" | Sportivnaya | Sportivnaya metro station | Sportivnaja | Sportivnaia | Спортивная 5 мин пешком | Спортивная, 5 мин пешком | Спортивная (5 мин. пешком) | Спортивная (10 мин. транспортом) | Спортивная - 5 минут | Спортивная ~7 мин. | Спортивная 5-7 минут пешком | в 5 минутах от метро Спортивная | 5 мин до м. Спортивная | рядом с метро Спортивная | у м. Спортивная | Спортивная 500 м | Спортивная, 500 метров | Спортивная 1,2 км | Спортивная 5 min walk | 10 minutes by car from Sportivnaya | Спортивная (10 мин на машине) | Спортивная 15 мин на автобусе | Спортивная, 7 минут ходьбы | Спортивная МЦК
Хорошёво-Мнёвники | Хорошево-Мневники | Хорошёво - Мнёвники | Хорошёво Мнёвники | СЗАО, Хорошёво-Мнёвники | Хорошёво-Мнёвники, СЗАО | СЗАО / Хорошёво-Мнёвники | Хорошёво-Мнёвники (СЗАО) | Северо-Западный АО, Хорошёво-Мнёвники | р-н Хорошёво-Мнёвники | Хорошёво-Мнёвники р-он | район Хорошёво-Мнёвники | Хорошево Мневники (район) | муниципальный округ Хорошёво-Мнёвники | Khoroshevo-Mnevniki | Khoroshyovo-Mnyovniki | Horoshevo-Mnevniki district
Хамовники | р-н Хамовники | р-он Хамовники | Хамовники район | Хамовники р-н | ЦАО, Хамовники | ЦАО Хамовники район, ЦАО | Khamovniki | Hamovniki | KHAMOVNIKI | Khamovniki District | Xaмовники | Хамовники (Москва)
Сокол | Sokol | м. Сокол | Сокол (район) | Сокол, МЦК | Сокол (МЦД-2) | Сокол D2
Аэропорт | Aeroport | м Аэропорт | Аэропорт, 3 мин.
Проспект Мира | пр-т Мира | пр. Мира | просп. Мира | Пр-кт Мира | Мира пр-т | Мира проспект | Prospekt Mira | м. Проспект Мира | Проспект Мира (Кольцевая) | Проспект Мира (кольцевая линия) | Проспект Мира (Калужско-Рижская)
Ленинский проспект | Ленинский пр-т | Ленинский пр. | Leninsky Prospekt | Leninskiy prospekt
Площадь Революции | пл. Революции | пл.Революции | Революции пл. | Ploshchad Revolyutsii | Ploschad Revolutsii
Площадь Ильича | пл. Ильича | Площадь Ильича (Калининская линия)
Шоссе Энтузиастов | ш. Энтузиастов | ш.Энтузиастов | Энтузиастов ш. | шоссе Энтузиастов (МЦК) | Shosse Entuziastov
Варшавская | Варшавская (БКЛ) | Varshavskaya
Бульвар Дмитрия Донского | б-р Дмитрия Донского | бул. Дмитрия Донского | Дмитрия Донского б-р | Bulvar Dmitriya Donskogo
Цветной бульвар | Цветной б-р | Tsvetnoy Bulvar
Улица Академика Янгеля | ул. Академика Янгеля | ул.Акад. Янгеля | Академика Янгеля | Ulitsa Akademika Yangelya
Улица 1905 года | ул. 1905 года | ул.1905 года | 1905 года | Ulitsa 1905 goda
Улица Дмитриевского | ул. Дмитриевского | Дмитриевского
Фрунзенская набережная | Фрунзенская наб. | наб. Фрунзенская
Тёплый Стан | Теплый стан | Tyoply Stan | Teply Stan | Tyopliy Stan
Щёлковская | Щелковская | Shchyolkovskaya | Shchelkovskaya | Schelkovskaya
Щукинская | Shchukinskaya | Schukinskaya | м.Щукинская (Таганско-Краснопресненская линия)
Деловой центр | МЦК Деловой центр | Деловой центр (МЦК) | Деловой центр, МЦК | Деловой центр (БКЛ)
Царицыно | Царицыно МЦД-2 | Царицыно (МЦД2) | Царицыно, МЦД 2 | Царицыно D2 | Tsaritsyno | Caricyno
Серп и Молот | Серп и молот (МЦД-2) | ст. Серп и Молот
Парк Победы | Park Pobedy | м. Парк Победы | Парк Победы (Арбатско-Покровская линия)
Парк культуры | Парк Культуры | Парк культуры (радиальная) | Park Kultury
Библиотека имени Ленина | Библиотека им. Ленина | Библиотека им.Ленина
Театральная | Театральная • 3 мин | Театральная 3-5 мин. пешком
Выхино-Жулебино | Выхино Жулебино | Vykhino-Zhulebino | ЮВАО, Выхино-Жулебино
Северное Бутово | Сев. Бутово | Северное Бутово р-н | Severnoye Butovo | Severnoe Butovo | ЮЗАО, Северное Бутово
Южное Бутово | Юж. Бутово | Yuzhnoye Butovo
Покровское-Стрешнево | Покровское-Стрешнёво | Pokrovskoye-Streshnevo
Крылатское | Krylatskoye | Krylatskoe | Крылатское район
Раменки | Ramenki | ЗАО, Раменки
ЦАО | Центральный административный округ | Центральный АО | цао
ЮЗАО | Юго-Западный административный округ | Юго-Западный АО
СЗАО | Северо-Западный административный округ
Василеостровский район | Василеостровский р-н | Василеостровский | Vasileostrovsky District
Бостандыкский район | Бостандыкский р-н | Бостандыкский р-он | Бостандыкский | Бостандық ауданы | Бостандык ауданы | Bostandyk district
Медеуский район | Медеуский р-н | Медеуский | Медеу ауданы | Медеу
Алмалинский район | Алмалы ауданы | Алмалинский р-он
Ауэзовский район | Әуезов ауданы | Ауэзов ауданы | Auezovsky district
Есильский район | Есіл ауданы | Есиль р-н
Турксибский район | Түрксіб ауданы | Турксиб
Самал-2 | мкр. Самал-2 | мкр Самал 2 | Самал 2 | микрорайон Самал-2 | мкр-н Самал-2 | м-н Самал-2 | Самал (2) | Samal-2 | Самал-2 ықшам ауданы | Самал-2 ш/а
Самал-1 | мкр Самал-1
1-й микрорайон | 1 мкр | 1-й мкр. | мкр 1 | мкр. №1
Люберцы (I) | Люберцы 1
Люберцы (II) | Люберцы 2
Москва (Киевский вокзал)
Москва (Казанский вокзал)
Орбита | мкр Орбита | Орбита мкр | Orbita
"""  # noqa: E501

#: Texts that name several places, and the places.
SEVERAL = [
    ("Сокол, Аэропорт", ("Сокол", "Аэропорт")),
    ("м. Сокол / Аэропорт", ("Сокол", "Аэропорт")),
    ("м. Сокол м. Аэропорт", ("Сокол", "Аэропорт")),
    ("Сокол; Аэропорт", ("Сокол", "Аэропорт")),
    ("Сокол и Аэропорт", ("Сокол", "Аэропорт")),
    ("Сокол или Аэропорт", ("Сокол", "Аэропорт")),
    ("Sokol/Aeroport", ("Сокол", "Аэропорт")),
    ("Хамовники, Арбат, Тверской", ("Хамовники", "Арбат", "Тверской")),
    ("СЗАО, Строгино, Митино", ("Строгино", "Митино")),
    ("ЦАО, САО", ("ЦАО", "САО")),
    ("Сокол 5 мин, Аэропорт 10 мин", ("Сокол", "Аэропорт")),
    ("Сокол, сокол", ("Сокол",)),
    ("Серп и Молот, Сокол", ("Серп и Молот", "Сокол")),
]

STREETS = """
ул. Льва Толстого | Льва Толстого ул. | улица Льва Толстого | Льва Толстого | ул. Льва Толстого, д. 5 | ул. Льва Толстого 5к2 | ул Льва Толстого, 16 | ulitsa Lva Tolstogo
пр-т Мира | проспект Мира | Мира пр-т, 12 | просп. Мира 12/3
ул. Мира | Мира 5 | Мира ул., д.5, кв. 7
Ленинский проспект | Ленинский пр-т, 12 | Ленинский просп. 12к1
1-я Тверская-Ямская | 1-ая Тверская-Ямская ул. | 1-я Тверская-Ямская ул., 5
2-я Тверская-Ямская | 2-я Тверская-Ямская ул., 5
ул. 8 Марта | 8 Марта, 5 | улица 8 Марта
ул. 1905 года | 1905 года, 10
наб. Фонтанки | набережная Фонтанки 12 | Фонтанки наб.
пр. Достык | Достык пр-т 5/2, кв 7 | проспект Достык
Абай даңғылы | пр. Абай
ул. Толе би | Толе би көшесі 59 | Толе би, 59
Кабанбай батыра | ул. Кабанбай батыра, 5
ул. Ю. Гагарина | Гагарина
Проектируемый проезд № 4062 | Проектируемый пр-д №4062
Проектируемый проезд № 1077
Чечерский проезд | проезд Чечерский
"""  # noqa: E501


def lines(table):
    return [line.split(" | ") for line in table.strip().splitlines()]


@pytest.mark.parametrize(("one", "other"), [(one, other) for one, *others in lines(PLACES) for other in others])
def test_spellings_of_a_place_have_one_key(one, other):
    assert place_key(other) == place_key(one) != ""


def test_the_table_is_as_long_as_promised():
    assert len({spelling for line in lines(PLACES) for spelling in line}) >= 200


@pytest.mark.parametrize("table", [PLACES, STREETS], ids=["places", "streets"])
def test_different_places_stay_apart(table):
    key = place_key if table is PLACES else street_key
    names = [line[0] for line in lines(table)]

    assert len({key(name) for name in names}) == len(names)


@pytest.mark.parametrize("name", sorted({spelling for line in lines(PLACES) for spelling in line}))
def test_a_key_is_its_own_key(name):
    assert place_key(place_key(name)) == place_key(name) and place_keys(place_key(name)) == (place_key(name),)


@pytest.mark.parametrize(("text", "names"), SEVERAL)
def test_several_names_in_one_text_are_parted(text, names):
    assert place_keys(text) == tuple(place_key(name) for name in names)


@pytest.mark.parametrize("nothing", ["", " ", "—", "«»", "!"])
def test_no_name_has_no_key(nothing):
    assert place_key(nothing) == "" and place_keys(nothing) == ()


@pytest.mark.parametrize(("one", "other"), [(one, other) for one, *others in lines(STREETS) for other in others])
def test_spellings_of_a_street_have_one_key(one, other):
    assert street_key(other) == street_key(one) != ""


@pytest.mark.parametrize(
    ("text", "minutes", "on_foot"),
    [
        ("Сокол", None, None),
        ("м. Сокол, 5 мин пешком", 5, True),
        ("5 мин. пешком до м. Сокол", 5, True),
        ("в 5 минутах от метро Сокол", 5, None),
        ("Сокол (10 мин. транспортом)", 10, False),
        ("Сокол - 15 минут на автобусе", 15, False),
        ("Сокол 3 мин. на машине", 3, False),
        ("Сокол 5-7 мин", 7, None),  # the longer
        ("Сокол 5 min walk", 5, True),
        ("10 minutes by car from Sokol", 10, False),
        ("Сокол, 7 минут ходьбы", 7, True),
        ("пешком 5 мин Сокол", 5, True),
        ("Сокол 12 мин т", 12, False),
        ("Сокол 500 м", None, None),
        ("м. Сокол (7 мин.)", 7, None),
        ("Сокол (МЦК) 5 мин", 5, None),
    ],
)
def test_minutes_are_read_and_do_not_change_the_station(text, minutes, on_foot):
    assert read_station(text) == StationReading(place_key("Сокол"), minutes, on_foot)


def test_each_station_of_a_text_has_its_own_minutes():
    told = read_stations("Сокол, 5 мин. пешком; Аэропорт, 10 мин. транспортом; Динамо")

    assert told == (
        StationReading(place_key("Сокол"), 5, True),
        StationReading(place_key("Аэропорт"), 10, False),
        StationReading(place_key("Динамо")),
    )
