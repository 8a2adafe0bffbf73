"""Parses districts and addresses of feeds."""

import re

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
    r"\b(?:ул|улица|пр|проспект|пр-т|пер|переулок|ш|шоссе|наб|набережная|бульвар|б-р|площадь|проезд)\b", re.IGNORECASE
)


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
        offer.street = named[-1][:200]


def _set_street(offer: Offer, street: str, house: str) -> None:
    offer.street = street[:200]
    number = re.sub(r"^(?:дом|д|зд)\b\.?\s*", "", house, flags=re.IGNORECASE)
    offer.house_number = number.strip()[:50] or None
