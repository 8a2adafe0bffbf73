"""Words in the names of districts, stations and streets: kinds, abbreviations, lines, and words of distance."""

import re

#: Words that only state the kind of a place; they are left out of its key.
GENERIC_PLACE_WORDS = frozenset(
    """
    m п мо dist район р н рн рон районе района мкр мкрн мкрр микрорайон микрорайоне округ ао административный
    административного муниципальный муниципального внутригородской поселение поселения пос поселок метро мет м ст
    станция станции станцияси стансасы метростанция платформа жд остановка ост ауданы аудан ауданында ауд
    ықшамауданы шағынауданы ықшам шағын ықш массив жилмассив жм жилрайон жр ул улица улице улицы көшесі көш им
    имени imeni district area neighborhood neighbourhood microdistrict okrug metro subway station stn underground
    raion rayon rajon street str ulitsa ulica ul mkr mikrorayon mikroraion microraion audany kentaudany
    """.split()
)

#: Kinds that distinguish places of the same name, each with its standard word: «пр-т Мира», «Мира проспект».
KINDS = {
    word: kind
    for kind, words in {
        "проспект": "проспект проспекте пр прт пркт пркт просп prospekt prospect pr avenue ave av даңғылы даңғ",
        "площадь": "площадь площади пл ploshchad ploshad ploschad pl square sq алаңы",
        "бульвар": "бульвар бульваре бул бр бульв bulvar boulevard blvd гүлзары",
        "шоссе": "шоссе ш shosse highway hwy тасжолы",
        "набережная": "набережная набережной наб naberezhnaya embankment emb жағалауы",
        "переулок": "переулок переулке пер pereulok lane ln тұйығы",
        "проезд": "проезд прд проезде proezd proyezd",
        "аллея": "аллея ал alleya alley",
        "тупик": "тупик туп",
        "тракт": "тракт",
        "квартал": "квартал кв квл kvartal quarter",
        "парк": "park парк парке",
    }.items()
    for word in words.split()
}

#: Abbreviation -> full word; applies if another word precedes or follows.
SHORT_WORDS = {
    "ак": "академика",
    "акад": "академика",
    "ген": "генерала",
    "марш": "маршала",
    "проф": "профессора",
    "адм": "адмирала",
    "сев": "север",
    "юж": "юг",
    "зап": "запад",
    "вост": "восток",
    "верх": "верхн",
    "ниж": "нижн",
    "бол": "больш",
    "ср": "средн",
    "кр": "красн",
    "св": "святого",
    "окт": "октябрьск",
    "комс": "комсомольск",
}
#: Adjectives that are compared by stem, so that they equal their abbreviations; in the form of
#: :func:`matching.facts.place_spelling.phonetic_form`.
STEMS = {
    "severn": "sever",
    "uzhn": "ug",
    "zapadn": "zapad",
    "vostochn": "vostok",
    "verhn": "verhn",
    "nizhn": "nizhn",
    "bolsh": "bolsh",
    "mal": "mal",
    "nov": "nov",
    "star": "star",
    "sredn": "sredn",
    "krasn": "krasn",
    "oktabrsk": "oktabrsk",
    "komsomolsk": "komsomolsk",
}
#: Those of them that are directions, which come first in a key: «Бирюлёво Западное», «Западное Бирюлёво».
DIRECTIONS = frozenset({"sever", "ug", "zapad", "vostok"})
ADJECTIVE = re.compile(rf"({'|'.join(STEMS)})(?:i|oi|a|oe|ee|e|ogo|ego|omu|emu|om|em|u|ih)")

#: Underground lines; after a station's name they only state its location.
LINES = frozenset(
    """
    сокольническая замоскворецкая арбатско-покровская филёвская филевская кольцевая калужско-рижская
    таганско-краснопресненская калининская солнцевская калининско-солнцевская серпуховско-тимирязевская
    люблинско-дмитровская каховская бутовская бкл большая-кольцевая большая некрасовская троицкая
    рублёво-архангельская монорельс радиальная кировско-выборгская московско-петроградская
    невско-василеостровская лахтинско-правобережная правобережная фрунзенско-приморская автозаводская-линия
    сормовско-мещерская ленинская дзержинская сокольнической замоскворецкой
    """.split()
)
#: Large towns, whose names in brackets only state the location of a district.
TOWNS_IN_BRACKETS = frozenset(
    """
    москва спб санкт-петербург петербург алматы астана екатеринбург казань новосибирск краснодар центр самара омск
    челябинск ростов-на-дону уфа красноярск пермь воронеж волгоград шымкент караганда moscow almaty astana shymkent
    saint-petersburg st-petersburg
    """.split()
)
#: The same towns in the genitive, after a district: «Вахитовский район Казани».
TOWNS_OF_DISTRICTS = (
    r"москвы|санкт[- ]петербурга|петербурга|спб|алматы|астаны|екатеринбурга|казани|новосибирска|краснодара|самары|"
    r"омска|челябинска|ростова[- ]на[- ]дону|уфы|красноярска|перми|воронежа|волгограда|нижнего новгорода|шымкента|"
    r"караганды"
)
#: First halves of double names, with a hyphen or without: «Ново-Савиновский», «Новопеределкино».
FIRST_HALVES = frozenset({"novo", "staro", "verhne", "nizhne", "krasno", "belo"})
LINE_WORDS = r"лини[яи]|линий|ветка|ветки|line|branch|желісі|диаметр|диаметра|мц[кд]|mc[cd]|d[1-5]|бкл|монорельс"

#: Districts of the first level, which may precede or follow the intended district: name -> its letters.
OKRUGS = {
    "цао": "цао",
    "сао": "сао",
    "свао": "свао",
    "вао": "вао",
    "ювао": "ювао",
    "юао": "юао",
    "юзао": "юзао",
    "зао": "зао",
    "сзао": "сзао",
    "зелао": "зелао",
    "нао": "нао",
    "тао": "тао",
    "тинао": "тинао",
    "центральный": "цао",
    "северный": "сао",
    "северо восточный": "свао",
    "восточный": "вао",
    "юго восточный": "ювао",
    "южный": "юао",
    "юго западный": "юзао",
    "западный": "зао",
    "северо западный": "сзао",
    "зеленоградский": "зелао",
    "новомосковский": "нао",
    "троицкий": "тао",
    "троицкий и новомосковский": "тинао",
}

#: Older names of districts and stations, and names in other languages: key of the name -> key of the present name.
SAME_PLACES = {
    spelling: other.strip()
    for line in """
академ городок = академгородок
алмалы = алмалинский
алатау = алатауский
ауэзов = ауэзовский
әуезов = ауэзовский
бостандык = бостандыкский
бостандық = бостандыкский
жетысу = жетысуский
жетісу = жетысуский
медеу = медеуский
медеу ский = медеуский
наурызбай = наурызбайский
наурызбай батыр = наурызбайский
түрксіб = турксибский
турксиб = турксибский
есиль = есильский
есіл = есильский
сарыарка = сарыаркинский
сарыарқа = сарыаркинский
байконур = байконурский
байқоңыр = байконурский
bayqongyr = байконурский
абая = абайский
jibek joly = жибек жолы
нура = нуринский
нұра = нуринский
сарайшык = сарайшыкский
сарайшық = сарайшыкский
абай = абайский
аль фараби = аль фарабийский
әл фараби = аль фарабийский
енбекши = енбекшинский
еңбекші = енбекшинский
каратау = каратауский
қаратау = каратауский
тургай = тургайский
""".strip().splitlines()
    for spelling, other in [line.split(" = ")]
}

_NUMBER = r"(?:\d+(?:[.,]\d+)?)"
_BY_FOOT = r"пешком|пеш\w*|ходьбы|ходу|пх|п/х|🚶|on\s+foot|walk\w*|by\s+foot|жаяу"
_BY_TRANSPORT = (
    r"(?:на\s+)?(?:транспорт\w*|автобус\w*|маршрут\w*|авто\w*|машин\w*|трамва\w*|троллейбус\w*|такси|тр|т/х|транс\w*)"
    r"|by\s+(?:car|bus|transport|taxi)|drive|ride|көлікпен|🚗|🚌"
)
#: Minutes from a place: «5 мин. пешком», «в 10-15 минутах на машине», "5 min walk", «15 минут».
MINUTES = re.compile(
    rf"(?:(?:в|за|до|около|примерно|~|≈|<|менее|не\s+более|within|about|in)\s*)*"
    rf"(?<![\d-])(?P<low>{_NUMBER})\s*(?:[-–—]\s*(?P<high>{_NUMBER}))?\s*[-‐]?\s*"
    rf"(?:минут\w*|мин(?!\w)\.?|м\.\s*(?=пеш)|min(?:ute)?s?\b\.?|['′](?!\w))"
    rf"(?:[\s.,]*(?:(?P<foot>{_BY_FOOT}|пш?(?!\w))|(?P<transport>{_BY_TRANSPORT}|т(?!\w))))?(?:[\s.]*(?:езды|пути)(?!\w))?"
    rf"(?:\s*(?P<by>(?:{_BY_TRANSPORT})(?!\w)))?",
    re.IGNORECASE,
)
#: A distance in metres or kilometres, which states no minutes.
DISTANCE = re.compile(
    rf"(?:в\s+)?шагов\w+\s+доступност\w+|(?:(?:в|до|около|~|≈)\s*)?{_NUMBER}\s*(?:метр\w*|км\b\.?|km\b|м\b\.?(?=\s*(?:$|[),;]|от|до|пеш))|meters?|metres?)[\s.]*(?:{_BY_FOOT})?",
    re.IGNORECASE,
)
#: Words that introduce a place: «рядом с метро», «у м.», "near".
LEADING = re.compile(
    r"^\s*(?:(?:от|до|рядом\s+с|рядом|у|около|возле|близ|вблизи|недалеко\s+от|близко\s+к|шаговая\s+доступность|"
    r"near(?:\s+to)?|close\s+to|next\s+to|from|to|the|at)(?=[\s.:]|$)[\s.:]*)+",
    re.IGNORECASE,
)
ON_FOOT_ALONE = re.compile(rf"(?:{_BY_FOOT})(?!\w)", re.IGNORECASE)
