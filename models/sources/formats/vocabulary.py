"""Words of feeds and spreadsheets -> words of the domain. Keys are folded by :func:`fold`; nothing is guessed."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from models.core.enums import Condition, DealType, PropertyClass, PropertyType

#: Latin letters that look like Cyrillic ones, and the other way round.
_LOOKALIKES = str.maketrans("aceopxykmtbhACEOPXYKMTBH", "асеорхукмтвнАСЕОРХУКМТВН")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@lru_cache(maxsize=1 << 14)
def fold(text: str) -> str:
    """
    A word in the form of these tables: lower case, without ё, blanks in place of hyphens and underscores, one alphabet.

    >>> fold("Кирпично-Монолитный"), fold("hand_over"), fold("cотка")  # the last with a Latin c
    ('кирпично монолитный', 'hand over', 'сотка')
    """
    if not text.isascii() and _CYRILLIC.search(text):
        text = text.translate(_LOOKALIKES)
    return " ".join(text.casefold().replace("ё", "е").replace("-", " ").replace("_", " ").split())


def entry(words: Mapping[str, Any], text: str | None) -> Any:
    """The table's value for a word; None if the word is not in it."""
    return None if text is None else words.get(fold(text))


def _table(*rows: tuple[Any, str]) -> dict[str, Any]:
    """A table built from rows of a value and the words for it, separated by bars."""
    return {fold(word): value for value, words in rows for word in words.split("|")}


DEALS = _table(
    (
        DealType.SALE,
        "продажа|сату|сатылым|продам|продаю|продается|продать|купить|sale|sell|selling|sold|sales|for sale",
    ),
    (
        DealType.RENT,
        "аренда|жалға беру|жалға|сдам|сдаю|сдается|сдать|снять|найм|rent|rental|lease|long rent|long term rent|"
        "for rent|to let",
    ),
)

#: Words of a deal that mean rent by the day.
DAILY = frozenset({"посуточно", "посуточная", "посуточная аренда", "аренда посуточно", "сдам посуточно", "daily"})

#: A word for the kind of offer -> its type, or the reason why it is refused.
NO_LAND, NO_GARAGE = "import.land", "import.garage"
#: Represents a share of a flat.
SHARE = "share"
TYPES: dict[str, PropertyType | str] = _table(
    (
        PropertyType.APARTMENT,
        "квартира|квартиры|flat|apartment|кв|студия|студии|квартира студия|studio|новостройка|пентхаус|жилая|living",
    ),
    (PropertyType.APARTMENTS, "апартаменты|апартамент|апарты|apartments"),
    (PropertyType.ROOM, "комната|комнаты|room|bed|койко место"),
    (PropertyType.HOUSE, "дом|дома|house|дом с участком|house with lot|коттедж|коттеджи|cottage|дача|дачи|dacha"),
    (PropertyType.HOUSE, "часть дома|part of house|house part|дома, дачи, коттеджи|дом/дача|вилла|villa"),
    (PropertyType.TOWNHOUSE, "таунхаус|таунхаусы|townhouse|дуплекс|duplex|танхаус"),
    (PropertyType.COMMERCIAL, "коммерческая|commercial|коммерческая недвижимость|офис|office|помещение"),
    (PropertyType.COMMERCIAL, "торговая площадь|склад|псн|помещение свободного назначения|здание|бизнес|business"),
    (NO_LAND, "участок|lot|land|земля|земельный участок|участки|земельные участки|plot"),
    (NO_GARAGE, "гараж|garage|гаражи|машиноместо|parking|parking place|паркинг|гаражи и машиноместа|кладовая|бокс"),
    (
        NO_GARAGE,
        "машино место|кладовка|кладовое помещение|парковочное место|парковка",
    ),
)

CLASSES: dict[str, PropertyClass] = _table(
    (PropertyClass.ECONOMY, "эконом|эконом класс|economy|econom|стандарт|типовой"),
    (PropertyClass.COMFORT, "комфорт|комфорт класс|comfort|комфорт+|комфорт плюс"),
    (PropertyClass.BUSINESS, "бизнес|бизнес класс|business|бизнес+"),
    (PropertyClass.ELITE, "премиум|премиум класс|элит|элитный|элит класс|elite|premium|люкс|de luxe|делюкс"),
)

CONDITIONS: dict[str, Condition] = _table(
    (
        Condition.ROUGH,
        "черновая отделка|черновая|без отделки|требует ремонта|требуется|rough|without|no|нет|под ремонт",
    ),
    (Condition.ROUGH, "без ремонта|нужен ремонт|требуется ремонт|бетон|shell"),
    (Condition.PRE_FINISHING, "предчистовая|предчистовая отделка|под чистовую|white box|whitebox|вайт бокс|prefine"),
    (Condition.PRE_FINISHING, "pre finishing|подчистовая"),
    (Condition.FINISHING, "чистовая|чистовая отделка|с отделкой|хороший|хорошее|евро|евроремонт|косметический"),
    (Condition.FINISHING, "косметический ремонт|частичный ремонт|частичный|cosmetic|euro|fine|finishing|под ключ"),
    (
        Condition.FINISHING,
        "с ремонтом|отличное|отличный|капитальный|fine with furniture|чистовая с мебелью|стандартный",
    ),
    (Condition.DESIGN, "дизайнерский|дизайнерский ремонт|design|designer|дизайнерская|авторский|эксклюзивный"),
)

#: Words for a share of a home, which becomes a fact of a flat.
SHARES = frozenset(fold(word) for word in ("доля", "доля в квартире", "доля квартиры", "share", "flat share"))

#: Beginnings of words for the material of walls; several may occur together.
MATERIALS = (
    ("brick", ("кирпич", "brick")),
    ("monolith", ("монолит", "monolit", "железобетон", "жб")),
    ("panel", ("панел", "panel")),
    ("block", ("блоч", "блок", "газобл", "газобет", "пенобл", "block", "gassilicate", "foamconcrete", "aerocrete")),
    ("wood", ("дерев", "брус", "бревн", "wood", "log", "timber")),
)
HOUSE_TYPES = (("stalinka", ("сталин", "stalin")), ("khrushchevka", ("хрущ",)), ("brezhnevka", ("брежн",)))

MARKETS = _table(
    ("new", "новостройка|новостройки|первичка|первичный|первичный рынок|new|new building|от застройщика|novostroyka"),
    ("new", "продажа от застройщика|первичная продажа|фз 214|fz214|переуступка|reassignment|primary|dupt|дду"),
    ("resale", "вторичка|вторичный|вторичный рынок|вторичное жилье|resale|secondary|прямая продажа|встречная продажа"),
    ("resale", "первичная продажа вторички|primary sale of secondary|countersale|free|alternative|sale|pdkp"),
)

#: The finish that a text names, more precise than the column.
RENOVATIONS = _table(
    ("rough", "черновая отделка|черновая|без отделки|требует ремонта|требуется|rough|без ремонта|нужен ремонт|no"),
    ("pre_finishing", "предчистовая|предчистовая отделка|white box|whitebox|подчистовая"),
    ("cosmetic", "косметический|косметический ремонт|cosmetic|частичный ремонт|частичный"),
    ("euro", "евро|евроремонт|euro"),
    ("design", "дизайнерский|дизайнерский ремонт|design|designer|авторский|дизайнерская"),
)

#: A picture's tag -> the kind of its content.
PHOTO_KINDS = _table(
    ("plan", "plan|план|планировка|layout|layoutphoto|planirovka|layout photo"),
    ("floor_plan", "floorplan|floor plan|план этажа|поэтажный план|floor"),
    ("facade", "housemain|facade|фасад|дом|house|house main|building"),
)

#: A word for the state of an offer -> whether it is on the market. Offers with other words are not.
STATUSES: dict[str, bool] = _table(
    (
        True,
        "available|free|active|on sale|published|свободно|свободна|свободен|в продаже|в наличии|активно|активен",
    ),
    (True, "активна|for sale|for rent|опубликовано|open|actual|актуально|публикуется"),
    (True, "в рекламе|рекламируется|выставлен|выставлена|выставлено|продается|сдается|опубликован|опубликована"),
    (False, "задаток|на задатке|аванс|на авансе|внесен аванс|на сделке|сделка|снята с продажи|снят с продажи|куплено"),
    (False, "sold|booked|unavailable|withheld|reserved|reserve|closed|archived|archive|deleted|inactive|hidden|rented"),
    (False, "продано|продана|продан|забронировано|бронь|забронирована|в резерве|резерв|снято|снята|снято с продажи"),
    (False, "недоступно|недоступна|закрыто|сдано|сдана|не в продаже|скрыто|архив|не продается|expired|blocked|draft"),
)
