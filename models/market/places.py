"""Convert any spelling of a city's name to one canonical city. :mod:`models.market.towns` reads the spellings."""

from dataclasses import dataclass

from models.market.sample_keys import is_sample_key, town_of_sample
from models.market.towns.addresses import town_in_address
from models.market.towns.gazetteer import by_id, called
from models.market.towns.reading import LONGEST_KEY, TownError, read_town

#: ISO 4217's code for "no currency", for an amount without a currency in a town whose country is unknown. Amounts with
#: this code are compared only with each other.
NO_CURRENCY = "XXX"
#: The currency in which amounts of different currencies are compared if the town's country is unknown.
DEFAULT_CURRENCY = "RUB"

__all__ = [
    "DEFAULT_CURRENCY",
    "LONGEST_KEY",
    "NO_CURRENCY",
    "City",
    "city_of",
    "city_of_address",
    "currency_of_city",
    "name_of_city",
    "own_currency",
    "population_of_city",
]


@dataclass(frozen=True)
class City:
    """
    A canonical city. `key` identifies it in markets: a GeoNames id, or the normalised name of a town unknown there.
    """

    key: str
    currency: str  #: Its country's (ISO 4217); :data:`NO_CURRENCY` if the country is unknown.


def city_of(name: str) -> City:
    """
    The canonical city of a name in any spelling. :func:`models.market.town_aliases.city_in` also applies merges of
    towns.

    Raises:
        TownError: It names several towns, or none.

    >>> city_of("г. Москва") == city_of("г.Москва") == city_of("Moscow") == city_of("МОСКВА")
    True
    >>> city_of("Нур-Султан") == city_of("Astana")
    True
    >>> city_of("Астана").currency, city_of("Новый Зурбаган")
    ('KZT', City(key='name:новый зурбаган', currency='XXX'))
    """
    reading = read_town(name)
    return City(key=reading.key, currency=reading.currency or NO_CURRENCY)


def own_currency(key: str) -> str:
    """
    The currency of the country of the city with this key; :data:`NO_CURRENCY` where the country is unknown.

    >>> own_currency(city_of("Алматы").key), own_currency("name:новый зурбаган")
    ('KZT', 'XXX')
    """
    if is_sample_key(key):
        key = town_of_sample(key)
    kind, _, value = key.partition(":")
    if kind == "geo" and value.isdigit():
        try:
            return by_id(int(value)).currency or NO_CURRENCY
        except KeyError:  # a town that the gazetteer no longer has
            return NO_CURRENCY
    try:
        return read_town(value).currency or NO_CURRENCY
    except TownError:  # a key from the time before such names were refused
        return NO_CURRENCY


def name_of_city(key: str) -> str | None:
    """
    The gazetteer's name of the city with this key; None if it has none.

    >>> name_of_city(city_of("г. Самара").key), name_of_city(city_of("Astana").key), name_of_city("name:новый зурбаган")
    ('Самара', 'Астана', None)
    """
    kind, _, number = key.partition(":")
    if kind != "geo" or not number.isdigit():
        return None
    try:
        return called(int(number))
    except KeyError:  # a town that the gazetteer no longer has
        return None


def population_of_city(key: str) -> int:
    """
    The number of inhabitants of the city with this key; 0 if unknown.

    >>> population_of_city(city_of("Москва").key) > 10_000_000, population_of_city("name:новый зурбаган")
    (True, 0)
    """
    kind, _, number = key.partition(":")
    try:
        return (by_id(int(number)).population or 0) if kind == "geo" and number.isdigit() else 0
    except KeyError:  # a town that the gazetteer no longer has
        return 0


def currency_of_city(key: str) -> str:
    """The currency in which prices in the city with this key are compared: that of its country."""
    own = own_currency(key)
    return DEFAULT_CURRENCY if own == NO_CURRENCY else own


def city_of_address(address: str) -> str:
    """
    The part of a free-text address that names the city.

    >>> city_of_address("ул. Абая, 7, Алматы")
    'Алматы'
    >>> city_of_address("123 Main St, Anytown")
    'Anytown'
    """
    return town_in_address(address)
