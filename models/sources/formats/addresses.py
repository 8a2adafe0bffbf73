"""Parses districts and addresses of feeds."""

import re

from models.market.towns.gazetteer import towns_with_name
from models.market.towns.reading import best_town
from models.market.towns.spelling import normal
from models.sources.formats import values
from models.sources.formats.offer import Offer

_HOUSE = re.compile(
    r"(?:(?:дом|д|зд|вл|влад|владение|двлд|уч|участок)\b\.?\s*)?№?\s*\d+[а-яa-z]?(?:[/\-]\d+[а-яa-z]?)*"
    r"(?:[\s,]*(?:корпус|корп|кор|к|строение|стр|с|литера|лит|литер|блок|секция)\.?\s*[\dа-яa-z]{1,4})*",
    re.IGNORECASE,
)
_FLAT = re.compile(r"(?:кв|квартира|апарт\w*|пом|помещение|этаж|подъезд)\b.*", re.IGNORECASE)
_AREA_WORD = re.compile(r"^(?:район|р-он|р-н|рн)\.?\s+|\s+(?:район|р-он|р-н|рн|ауданы)\.?$", re.IGNORECASE)
_OKRUG = re.compile(r"(?:[СЮЗВЦТН]{1,3}АО|ЗелАО|.*\bадминистративный округ)", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:ул|улица|пр|проспект|пр-т|пер|переулок|ш|шоссе|наб|набережная|бульвар|б-р|площадь|проезд|көшесі|даңғылы)\b",
    re.IGNORECASE,
)
_TOWN_WORD = re.compile(r"(?:г|гор|город|қ)\b\.?\s*", re.IGNORECASE)
#: The most words of a town's name, and the least inhabitants of a town that needs no word for "town": streets are
#: called like small towns («Зелёный Бор улица»).
_LONGEST_TOWN, _LARGE_TOWN = 4, 100_000


def set_district(offer: Offer, *texts: str | None) -> None:
    """
    Set the district from the first text that names one; a Moscow okrug is stored separately.

    >>> offer = Offer(1); set_district(offer, "ЦАО", "Тверской  район"); offer.district, offer.attributes
    ('Тверской', {'okrug': 'ЦАО'})
    """
    for text in texts:
        name = values.clean_text(text)
        if name is None:
            continue
        if _OKRUG.fullmatch(name):
            offer.attributes.setdefault("okrug", name)
            continue
        if offer.district is None:
            offer.district = _AREA_WORD.sub("", name).strip()[:100] or None
    if offer.district is None:
        offer.district = offer.attributes.get("okrug")


def set_address(offer: Offer, text: str | None) -> None:
    """
    Set an address from one text, which is kept unchanged, and its street and house if they can be recognised.

    >>> offer = Offer(1); set_address(offer, "Россия, Москва, улица Арбат, д. 7 к2, кв. 5")
    >>> offer.street, offer.house_number
    ('улица Арбат', '7 к2')
    >>> offer = Offer(1); set_address(offer, "Москва Ленинский проспект 62"); offer.street, offer.house_number
    ('Ленинский проспект', '62')
    """
    address = values.clean_text(text)
    if address is None:
        return
    offer.address = address[:500]
    parts = [part.strip() for part in address.split(",") if part.strip()]
    for index in range(len(parts) - 1, 0, -1):
        house = _HOUSE.fullmatch(parts[index])
        if house and not _FLAT.fullmatch(parts[index]) and not _HOUSE.fullmatch(parts[index - 1]):
            _set_street(offer, parts[index - 1], parts[index])
            return
    if len(parts) == 1:
        street = re.fullmatch(rf"(.*?[^\W\d].*?)[\s,]+({_HOUSE.pattern})", parts[0][:300], re.IGNORECASE)
        if street:
            _set_street(offer, street[1], street[2])
            return
    named = [part for part in parts if _STREET.search(part)]
    if named:
        offer.street = _without_town(named[-1], offer.city)[:200]


def _set_street(offer: Offer, street: str, house: str) -> None:
    offer.street = _without_town(street, offer.city)[:200]
    number = re.sub(r"^(?:дом|д|зд)\b\.?\s*", "", house, flags=re.IGNORECASE)
    offer.house_number = number.strip()[:50] or None


def _without_town(street: str, city: str | None) -> str:
    """
    A street without the town before it, which no comma separates; *city* is the listing's town, if known.

    >>> _without_town("г. Москва Ленинский проспект", None), _without_town("Алматы Абая", "Алматы")
    ('Ленинский проспект', 'Абая')
    >>> _without_town("Московский проспект", None), _without_town("Киров проспект", "Киров")
    ('Московский проспект', 'Киров проспект')
    """
    marked = _TOWN_WORD.match(street)
    words = street[marked.end() if marked else 0 :].split()
    for length in range(min(_LONGEST_TOWN, len(words) - 1), 0, -1):
        name, rest = normal(" ".join(words[:length])), " ".join(words[length:])
        if not re.search(r"[^\W\d_]{2}", _STREET.sub("", rest)):
            continue  # a street's name is missing
        is_its_town = city is not None and name == normal(_TOWN_WORD.sub("", city, count=1))
        town = best_town(name, towns_with_name(name))
        is_town = town is not None and (marked is not None or town.population >= _LARGE_TOWN)
        if is_its_town or (is_town and _STREET.search(rest)):
            return rest
    return street
