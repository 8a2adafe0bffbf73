"""
Names of columns by words: abbreviations are expanded and the order is ignored, so that «S общ.» is «общая площадь».
"""

import re

#: An abbreviation or another form of a word in columns' names -> the canonical word.
_WORDS: dict[str, str] = {
    short: word
    for word, forms in {
        "адрес": "адр адреса",
        "балкон": "балк",
        "жилая": "жил жилой",
        "количество": "кол колво числo число",
        "комнат": "комн ком комнаты комнатность",
        "кухня": "кух кухни кухон",
        "максимальная": "макс max максимальный максимум максимально",
        "минимальная": "мин min минимальный минимум",
        "общая": "общ общей",
        "объекта": "объект об",
        "описание": "опис",
        "площадь": "пл площ площади s метраж",
        "постройки": "постр",
        "район": "районы района",
        "пункт": "п пнкт",
        "населенный": "нас",
        "стоимость": "стоим стоимости",
        "цена": "цены",
        "телефон": "тел",
        "номер": "№ ном n no",
        "дополнительная": "доп дополнительно дополнительное",
        "информация": "инф инфо информ",
        "этаж": "эт этажа",
        "этажность": "этажн этть",
    }.items()
    for short in forms.split()
}
#: Words without meaning for a listing's column: "of the object".
_EMPTY = frozenset("объекта квартиры недвижимости помещения продажи расположения наш наша наше".split())
#: Prefix of entries by words in tables of names.
WORDS = "\0"
_TOKEN = re.compile(r"[^\W_]+|№")
#: Words that contain separators.
_JOINED = (
    (re.compile(r"\bр\s*[-.]?\s*о?ны?\b"), "район"),
    (re.compile(r"\bк(?:ол)?\s*[-.]?\s*во\b"), "количество"),
    (re.compile(r"\bэт\s*[-.]?\s*ть\b"), "этажность"),
    (re.compile(r"\bэтаж\s*[-.]?\s*ть\b"), "этажность"),
)


def words_of(name: str) -> str:
    """
    The words of a folded name in canonical order and form; a key for tables of names.

    >>> words_of("s общ.") == words_of("общая площадь"), words_of("р-н"), words_of("кол-во комн.")
    (True, 'район', 'количество комнат')
    """
    for pattern, word in _JOINED:
        name = pattern.sub(word, name)
    return " ".join(sorted({_WORDS.get(token, token) for token in _TOKEN.findall(name)}))


def without_empty(words: str) -> str:
    """
    The words of :func:`words_of` without meaningless ones.

    >>> without_empty(words_of("площадь объекта"))
    'площадь'
    """
    return " ".join(word for word in words.split() if word not in _EMPTY)


#: Field -> further names of its column. They count only if no other column has the field, because few are as certain as
#: those of :mod:`models.sources.formats.headers`.
MORE_NAMES: dict[str, str] = {
    "id": "внешний id|внешний ид|внешний код|номер в базе|id crm|код crm|id в crm|ref|ref no|reference|код лота|"
    "уникальный номер",
    "deal": "продажа аренда|вид операции|тип операции",
    "type": "тип помещения",
    "price": "бағасы|баға|"
    "прайс|asking price|sale price|list price|цена полная|цена общая|общая стоимость|цена руб|стоимость руб|"
    "цена собственника|цена квартиры|стоимость продажи|запрашиваемая цена|цена лота|стоимость лота",
    "price_per_area": "price per sqm|стоимость метра|цена метра|руб м2|цена квадратного метра|стоимость кв м",
    "area": "жалпы ауданы|жалпы аумағы|көлемі|"
    "total area sqm|size|кв м|квадратура|площадь общая жилая кухня|площадь о ж к|площади|общая жилая кухня|"
    "площадь помещения|площадь дома|area sqm",
    "discount_price": "новая цена|цена новая|текущая цена|актуальная цена|цена сейчас|new price",
    "rooms": "бөлме саны|бөлмелер саны|бөлме|"
    "сколько комнат|room count|number of rooms|ккв|кол во к|к во к|количество к",
    "floor": "қабат|қабаты|"
    "номер этажа|на каком этаже|этаж из|этаж этажность|этаж объекта|level|floor no|этаж всего|"
    "этаж этажей в доме|этаж всего этажей",
    "kitchen_area": "ас үй|ас үй ауданы",
    "total_floors": "қабат саны|қабаттар саны|"
    "этажей всего|этаж в доме|количество этажа|этаж дома|этажность здания|этажей в здании|storeys|"
    "stories|building floors|максимальная этаж",
    "year_built": "салынған жылы|год п|год постройки дома|год ввода|construction year|г п",
    "city": "қала|қаласы|елді мекен|нп",
    "district": "мкрн|мкр н|микрорайон район|административный район",
    "metro": "ст метро|ближайшая станция метро|станции метро",
    "street": "көше|көшесі|ул",
    "house": "дом №",
    "address": "мекенжай|мекенжайы|"
    "место нахождения|местонахождение|full address|где находится|адрес дома|адрес полностью|"
    "адрес объявления",
    "title": "название объявления|наименование объекта",
    "description": "сипаттама|сипаттамасы|"
    "доп информация|дополнительно|дополнительная информация|"
    "подробности|подробное описание|особенности",
    "condition": "тип ремонта|состояние квартиры|состояние объекта",
    "photos": "суреттер|"
    "фото ссылки|фото объекта|url фото|photo urls|image urls|ссылки на фотографии|ссылка на фотографии|"
    "pictures",
    "wc": "с у|сан узел|сан уз|тип санузла",
}
