"""
Words of nationality, ethnicity and religion. They are never read as a wish or a fact, and have no weight when texts are
compared.

This product does not help to select tenants by origin or belief.
"""

from functools import lru_cache

from matching.reading.vocabulary import fold, forms_of

#: Base forms, folded. Words in another sense («русский язык») are dropped as well, which loses little.
ORIGINS = frozenset(
    """
    славянин славянка славянский славяне русский русскоязычный россиянин россиянка азиат азиатка азиатский кавказец
    кавказский кавказ кавказоид нерусский неславянин неславянский европеец европейка лицо национальность нация
    национальный этнос этнический раса расовый таджик таджичка таджикский узбек узбечка узбекский киргиз киргизка
    киргизский кыргыз казах казашка туркмен туркменка азербайджанец азербайджанка азербайджанский армянин армянка
    армянский грузин грузинка грузинский чеченец чеченка чеченский дагестанец дагестанка ингуш осетин осетинка татарин
    татарка татарский башкир башкирка еврей еврейка еврейский цыган цыганка цыганский украинец украинка украинский
    белорус белоруска белорусский молдаванин молдаванка молдавский китаец китаянка китайский вьетнамец вьетнамка
    вьетнамский индус индиец индианка араб арабка арабский турок турчанка турецкий африканец африканка негр афганец
    иранец кореец кореянка корейский немец немка уйгур дунган курд мигрант гастарбайтер иностранец иностранка
    иностранный мусульманин мусульманка мусульманский ислам исламский православный православие христианин христианка
    христианский христианство иудей иудаизм иудейский буддист буддизм католик католический протестант хиджаб атеист
    верующий намаз орыс орыстар казак казактар озбек тажик мусылман мусылмандар славяндар
    славяндарга орыстарга казактарга
    slav slavic slavs russian russians caucasian asian muslim muslims christian christians jewish jew jews orthodox
    nationality ethnicity ethnic foreigner foreigners migrant migrants uzbek tajik kazakh kyrgyz armenian chechen
    chinese indian african arab turkish ukrainian belarusian georgian azerbaijani hindu buddhist catholic religion
    religious религия религиозный вероисповедание гражданство гражданин
    """.split()
) - {"лицо", "гражданин", "национальный", "кавказ", "иностранный"}  # fmt: skip


@lru_cache(maxsize=1)
def origin_forms() -> frozenset[str]:
    """Every form of every word of :data:`ORIGINS`, folded."""
    return frozenset(ORIGINS | {form for word in ORIGINS for form, _ in forms_of(word)})


def names_origin(word: str) -> bool:
    """
    Whether *word*, in any form and case, means a nationality, ethnicity or religion.

    >>> [word for word in "только Славянам без кавказцев кухня".split() if names_origin(word)]
    ['Славянам', 'кавказцев']
    """
    return fold(word) in origin_forms()
