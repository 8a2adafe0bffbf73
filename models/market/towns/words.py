"""Words around the names of towns."""

#: Words for "town", before or after its name.
TOWN_KINDS = frozenset(
    """
    г гор город города городе городу герой қ қала қаласы қаласында қаласынан city town cidade ciudad ville stadt
    го муниципалитет municipality metropolis мегаполис
    """.split()
)
#: Words for "village": a name with one is not a misspelt town.
VILLAGE_KINDS = frozenset(
    """
    с село п пос поселок посёлок поселке пгт рп смт гп кп днп снт сот д дер деревня деревне х хутор ст стца
    станица аул ауыл ауылы ауылында кент кенті кишлак агрогородок аг тер разъезд слобода village settlement selo
    derevnya poselok posyolok pgt aul khutor stanitsa
    """.split()
)
#: Words that may accompany a town's name without identifying it.
FILLERS = frozenset(
    """
    и в во на the of in and area metro metropolitan greater region регион область обл обласьт агломерация
    пригород пригороды пригороде окрестности окрестностях рядом около вокруг весь вся всё все центр центре
    центральный downtown center centre любой любая желательно только строго бывший бывшая бывш ныне ex former
    formerly ранее теперь остров island
    """.split()
)
#: A part of text with one of these is a district or a street, not a town.
PARTS_OF_TOWNS = frozenset(
    """
    район р-н рн района районе ауданы аудан ао округ мкр мкрн микрорайон кв квартал метро м станция жк жм массив
    цао сао свао вао ювао юао юзао зао сзао зелао тинао нао тао district raion rayon okrug microdistrict
    neighborhood neighbourhood borough
    """.split()
)
STREET_WORDS = frozenset(
    """
    ул улица просп проспект пр пр-т пр-кт пркт прт пл площадь ш шоссе наб набережная пер переулок б-р бр бульвар
    бул проезд пр-д аллея тупик тракт линия дом д корпус корп к стр строение кв квартира оф офис этаж подъезд км
    көшесі даңғылы даңғ көш street st str avenue ave road rd lane ln boulevard blvd drive dr square sq
    embankment highway ulitsa ulica ul prospekt prospect shosse pereulok naberezhnaya bulvar ploshchad house apt
    floor suite
    """.split()
)

#: Words that join or separate the names of several towns.
BETWEEN_TOWNS = ("или", "либо", "or", "немесе", "vs")
