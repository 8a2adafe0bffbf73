"""A town's name in the reader's language: «Астана» for "Astana", and vice versa."""

import re
from functools import lru_cache

from models.market.sample_keys import is_sample_key, town_of_sample
from models.market.towns.gazetteer import by_id, called
from models.market.towns.segments import read_segment

_COMMAS = re.compile(r"[,;/()]")

#: Kazakh names that differ from the Russian ones, by GeoNames' ids.
KAZAKH_NAMES = {
    524901: "Мәскеу",
    610611: "Ақтөбе",
    610612: "Ақтау",
    1520316: "Өскемен",
    1520172: "Петропавл",
    608668: "Орал",
    1519928: "Қостанай",
    1519922: "Қызылорда",
    609655: "Қарағанды",
    1522203: "Көкшетау",
    1518262: "Теміртау",
    1518542: "Талдықорған",
    1516589: "Жезқазған",
    1524325: "Екібастұз",
    1517945: "Түркістан",
    1525798: "Балқаш",
}


@lru_cache(maxsize=1 << 14)
def town_name(written: str, key: str | None, language: str) -> str:
    """
    The town's name in *language* ("ru", "kk" or "en").

    The written text is kept if the gazetteer does not know the town, or if the text contains more than the town, such
    as a part of it or a region.

    Args:
        written: The town of a lead or property as the text names it.
        key: Its canonical key (:func:`models.market.places.city_of`).

    >>> town_name("Astana", "geo:1526273", "ru"), town_name("г. Москва", "geo:524901", "en")
    ('Астана', 'Moscow')
    >>> town_name("Марьино", "geo:524901", "en"), town_name("Зурбаган", "name:зурбаган", "en")
    ('Марьино', 'Зурбаган')
    >>> town_name("Усть-Каменогорск", "geo:1520316", "kk")
    'Өскемен'
    """
    if is_sample_key(key):
        key = town_of_sample(key or "")
    kind, _, number = (key or "").partition(":")
    if kind != "geo" or not number.isdigit() or not _is_whole_town(written, int(number)):
        return written
    try:
        if language == "en":
            return by_id(int(number)).english
        name = called(int(number))
    except KeyError:  # a town that is no longer in the gazetteer
        return written
    return KAZAKH_NAMES.get(int(number), name) if language == "kk" else name


def _is_whole_town(written: str, town_id: int) -> bool:
    """Whether the text names this town and nothing else."""
    if _COMMAS.search(written):
        return False
    segment = read_segment(written)
    if segment.unknown or segment.regions or segment.countries or len(segment.towns) != 1:
        return False
    return any(town.id == town_id for town in segment.towns[0].towns)
