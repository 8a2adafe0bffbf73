"""
Recognises the columns of a table: names of columns in Russian and English -> fields, and units and factors in the
names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.core.currencies import CURRENCY_PHRASES, currency_code
from models.sources.formats.header_words import MORE_NAMES, WORDS, without_empty, words_of
from models.sources.formats.vocabulary import fold

#: Field -> names of its column, folded; the first is our own name.
NAMES: dict[str, str] = {
    "id": "id|external id|externalid|internal id|код|код объекта|код объявления|номер объекта|номер объявления|артикул|"
    "лот|номер лота|ид|id объекта|id объявления|внутренний номер|property id|listing id|№ объекта|№ объявления|№ лота",
    "deal": "deal|deal type|тип сделки|сделка|вид сделки|операция|operation type|offer type|"
    "тип объявления|тип предложения",
    "type": "type|property type|тип|тип недвижимости|тип объекта|вид объекта|категория|category|"
    "объект|вид недвижимости",
    "price": "price|цена|стоимость|цена за квартиру|цена за объект|стоимость квартиры|"
    "цена объекта|цена продажи|стоимость объекта|арендная плата|"
    "арендная ставка|цена аренды|"
    "аренда в месяц|цена в месяц|стоимость аренды|bargainterms price|price value|полная стоимость|сумма|ставка",
    "price_per_area": "цена за м2|цена за метр|цена за кв м|price per m2|стоимость м2|стоимость за м2|цена м2",
    "discount_price": "цена со скидкой|акционная цена|спеццена|discount price|promo price|final price",
    "currency": "currency|валюта|валюта цены",
    "period": "period|период|период оплаты|срок аренды|rent period",
    "area": "area|площадь|общая площадь|площадь общая|общ площадь|s общ|s общая|total area|totalarea|square|пл общая|"
    "площадь квартиры|площадь объекта|s|площадь всего|общая|пл",
    "living_area": "living area|livingarea|жилая площадь|площадь жилая|жил площадь|s жил|жилая|living space|пл жилая",
    "kitchen_area": "kitchen area|kitchenarea|кухня|площадь кухни|площадь кухня|s кухни|s кух|kitchen|kitchen space",
    "land_area": "land area|площадь участка|участок|lot area|соток|площадь земли",
    "rooms": "rooms|комнат|комнаты|количество комнат|кол во комнат|число комнат|комнатность|rooms count|flatroomscount|"
    "кол комнат|кк",
    "floor": "floor|этаж|этаж/этажность|этаж / этажность|этаж/этажей|floor number|floornumber|этаж квартиры",
    "total_floors": "total floors|floors total|floors|этажность|этажей|этажей в доме|всего этажей|"
    "floors count|этажность дома|"
    "количество этажей|floorscount",
    "year_built": "year built|год постройки|год|built year|buildyear|год сдачи|год дома|год строительства",
    "city": "city|город|населенный пункт|нас пункт|локация город|locality|locality name|town",
    "region": "region|регион|область|субъект",
    "district": "district|район|район города|микрорайон|мкр|sub locality name",
    "okrug": "okrug|округ|административный округ",
    "metro": "metro|метро|станция метро|metro station|ближайшее метро|subway|станция|station",
    "metro_min": "metro min|минут до метро|до метро|минут пешком|до метро мин|metro minutes|"
    "пешком до метро|время до метро",
    "metro_walk": "metro walk",
    "street": "street|улица|адрес улица",
    "house": "house|дом|номер дома|house number|№ дома|корпус дома",
    "address": "address|адрес|полный адрес|местоположение|адрес объекта|location|расположение",
    "latitude": "latitude|широта|lat",
    "longitude": "longitude|долгота|lng|lon",
    "coordinates": "coordinates|координаты|gps|geo|широта долгота|широта/долгота|координаты объекта",
    "title": "title|headline|заголовок|название|наименование|заголовок объявления",
    "description": "description|описание|текст|текст объявления|описание объекта",
    "class": "declared class|property class|класс|класс дома|класс жилья|класс недвижимости|class",
    "condition": "condition|ремонт|отделка|состояние|renovation|repair|вид ремонта|"
    "состояние ремонта|repairtype|decoration",
    "market": "market|рынок|вторичка новостройка|тип жилья|market type|новостройка вторичка|тип рынка",
    "photos": "photos|фото|фотографии|images|image|photo|ссылки на фото|ссылка на фото|картинки|изображения|photo url",
    "plan": "plan|планировка фото|план|layout|ссылка на планировку",
    "material": "house type|тип дома|материал|материал стен|материал дома|стены|building type|materialtype|housetype",
    "wc": "wc|санузел|с/у|су|bathroom|санузлы|туалет|bathroom unit",
    "ceiling": "ceiling m|потолки|высота потолков|ceiling height|потолок",
    "balcony": "balcony|балкон|лоджия|балкон/лоджия|балконы",
    "view": "window view|вид из окон|вид из окна|окна",
    "lift": "lift|лифт|elevator|лифты",
    "parking": "parking|парковка|паркинг",
    "status": "status|статус|статус объекта|состояние продажи|статус продажи|fl status|sale status",
    "expires": "expire date|expires|действует до|дата окончания|date end|снять с публикации",
    "is_apartments": "is apartments|апартаменты",
    "is_penthouse": "is penthouse|пентхаус",
    "studio": "studio|студия",
    "furnished": "furnished|мебель|с мебелью|furniture",
    "pets": "pets|животные|можно с животными|с животными|pets allowed",
    "children": "children|дети|можно с детьми|с детьми|children allowed",
    "mortgage": "mortgage|ипотека|возможна ипотека",
    "commission": "commission|комиссия|agent fee|комиссия агента|комиссия %",
    "deposit": "deposit|залог|депозит|обеспечительный платеж",
    "utilities_included": "utilities included|коммуналка включена|ку включены|ку в цене",
    "building": "building|жк|жилой комплекс|название жк|комплекс|building name|residential complex",
}

#: Units: thousands or millions for the whole column, and texts in brackets or after a comma.
_UNIT = re.compile(r"\(([^)]*)\)|\[([^\]]*)\]|,\s*([^,]*)$")
_TAIL = re.compile(
    r"\s(?:м2|м²|кв м|кв\. м|кв\.м\.?|руб|руб\.|₽|тг|тенге|usd|\$|€|тыс\.? руб\.?|млн\.? руб\.?|млн|шт|м)\.?$"
)

#: A price per square metre; «за квартиру» does not match.
_PER_AREA = re.compile(r"(?:/\s*|за\s+)(?:м2|м²|кв\b|квадрат|метр)")


#: Realtors keep private remarks in such columns: owners' phones, keys, possible discounts.
_OWN_REMARKS = frozenset("комментарий комментарии примечание примечания заметка заметки remark remarks comment".split())


def may_be_private(name: str) -> bool:
    """
    Whether a listing's column with this name may contain private remarks.

    Such a column is skipped unless its owner declares that it is a description, which everybody can read.

    >>> may_be_private("Примечание"), may_be_private("Комментарий для себя"), may_be_private("Описание")
    (True, True, False)
    """
    return _plain(name).partition(" ")[0] in _OWN_REMARKS


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, and the unit in its name."""

    name: str
    field: str  #: Empty: skipped.
    factor: Decimal = Decimal(1)  #: For money: thousands or millions.
    currency: str | None = None
    is_sure: bool = True  #: An exact name of the table, or set by a person.


def names_of(table: Mapping[str, str], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    Plain name of a column -> its field, from a table like :data:`NAMES`; a name belongs to the first field that has it.

    The names, and the less certain ones of *more*, are also entered by their words, with a prefix
    (:mod:`header_words`).
    """
    fields: dict[str, str] = {}
    by_words: dict[str, set[str]] = {}
    for names, are_sure in ((table, True), (more or {}, False)):
        for field, row in names.items():
            for name in (*row.split("|"), field):
                plain = _plain(name)
                if not are_sure or fields.setdefault(plain, field) == field:
                    by_words.setdefault(WORDS + words_of(plain), set()).add(field)
    # Words that two fields share, in any order, are ambiguous and left out.
    return fields | {words: next(iter(owners)) for words, owners in by_words.items() if len(owners) == 1}


def _plain(name: str) -> str:
    """
    >>> _plain("Площадь общая"), _plain("floors_total"), _plain("Кол-во комнат:")
    ('площадь общая', 'floors total', 'кол во комнат')
    """
    return " ".join(re.sub(r"[.:;*?\"«»]", " ", fold(name)).replace("²", "2").split())


BY_NAME = names_of(NAMES, MORE_NAMES)
#: Fields of money: their columns may be in thousands or millions and may name a currency.
_MONEY = frozenset({"price", "discount_price", "price_per_area", "budget", "budget_min", "budget_max"})


def column_of(name: str, mapping: Mapping[str, str] | None = None, known: Mapping[str, str] = BY_NAME) -> Column:
    """
    The column with this *name*; *mapping* (a column's name -> a field, or empty to skip it) takes precedence.

    Args:
        known: Plain names of columns -> fields (:func:`names_of`); by default those of listings.

    >>> price = column_of("Цена, тыс. руб.")
    >>> price.field, price.factor, price.currency, column_of("S общ., м²").field, column_of("Куратор").field
    ('price', Decimal('1000'), 'RUB', 'area', '')
    """
    chosen = (mapping or {}).get(name)
    units = " ".join(" ".join(filter(None, match)) for match in _UNIT.findall(name)).casefold()
    bare = _UNIT.sub(" ", name)
    tail = _TAIL.search(" " + bare.casefold().strip())
    if tail and _plain(bare) not in known:
        units += tail[0]
        bare = bare.strip()[: len(bare.strip()) - len(tail[0]) + 1]
    field = known.get(_plain(name)) or known.get(_plain(bare), "") if chosen is None else chosen
    is_sure = bool(field) or chosen is not None
    if not is_sure:
        field = _by_words(name, known) or _by_words(bare, known)
    if field == "price" and chosen is None and _PER_AREA.search(name.casefold()):
        field = "price_per_area"
    if field not in _MONEY:
        return Column(name, field, is_sure=is_sure)
    factor = (
        Decimal(1_000_000) if "млн" in units else Decimal(1_000) if "тыс" in units or "т.р" in units else Decimal(1)
    )
    words = re.findall(r"[^\s,./]+", units)
    named = (CURRENCY_PHRASES.get(word) or currency_code(word) for word in words if len(word) < 20)
    currency = next(filter(None, named), None)
    return Column(name, field, factor, currency, is_sure)


def _by_words(name: str, known: Mapping[str, str]) -> str:
    words = words_of(_plain(name))
    return known.get(WORDS + words) or known.get(WORDS + without_empty(words), "")


def most_certain(columns: Sequence[Column], several: Sequence[str] = ()) -> list[Column]:
    """
    The columns. If several have the same field, a less certain one loses it; fields in *several* may have many columns.
    """
    sure = {column.field for column in columns if column.is_sure}
    kept: list[Column] = []
    for column in columns:
        if not column.is_sure and column.field not in several:
            taken = column.field in sure or any(other.field == column.field for other in kept)
            column = replace(column, field="") if taken else column
        kept.append(column)
    return kept


def header_score(
    cells: Sequence[str], mapping: Mapping[str, str] | None = None, known: Mapping[str, str] = BY_NAME
) -> int:
    """The number of cells that are known names of columns."""
    return len({column_of(cell, mapping, known).field for cell in cells if cell and len(cell) < 100} - {""})


def joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """
    The names of columns with a header of two rows, in which cells of the upper row span several of the lower row.

    >>> joined(["Цена", "Площадь, м²", ""], ["", "общая", "кухня"])
    ['Цена', 'Площадь общая, м²', 'Площадь кухня, м²']
    """
    names, group = [], ""
    for column in range(max(len(upper), len(lower))):
        over = upper[column] if column < len(upper) else ""
        under = lower[column] if column < len(lower) else ""
        group = over or group
        unit = "".join(match[0] for match in _UNIT.finditer(group))
        names.append(f"{_UNIT.sub('', group).strip()} {under}{unit}".strip() if under else over)
    return names
