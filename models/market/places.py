"""Cities: any spelling of a name to one canonical city. The reading itself is in :mod:`models.market.towns`."""

from dataclasses import dataclass

from models.market.towns.addresses import town_in_address
from models.market.towns.gazetteer import by_id
from models.market.towns.reading import LONGEST_KEY, read_town

#: The unit that amounts are compared in where the town, and with it the country, is unknown.
DEFAULT_CURRENCY = "RUB"

__all__ = ["DEFAULT_CURRENCY", "LONGEST_KEY", "City", "city_of", "city_of_address", "currency_of_city"]


@dataclass(frozen=True)
class City:
    """A canonical city. `key` names it in markets: a GeoNames id, or the normalised name of a town unknown there."""

    key: str
    currency: str | None  #: Of its country (ISO 4217); None where the country is unknown.


def city_of(name: str) -> City:
    """
    The canonical city of a name as somebody wrote it.

    Raises:
        TownError: It names several towns, or none.

    >>> city_of("г. Москва") == city_of("г.Москва") == city_of("Moscow") == city_of("МОСКВА")
    True
    >>> city_of("Нур-Султан") == city_of("Astana")
    True
    >>> city_of("Астана").currency, city_of("Новый Зурбаган")
    ('KZT', City(key='name:новый зурбаган', currency=None))
    """
    reading = read_town(name)
    return City(key=reading.key, currency=reading.currency)


def currency_of_city(key: str) -> str:
    """The currency that prices in the city of this key are compared in: its country's."""
    kind, _, told = key.partition(":")
    if kind == "geo" and told.isdigit():
        try:
            return by_id(int(told)).currency or DEFAULT_CURRENCY
        except KeyError:  # a town that the gazetteer no longer has
            return DEFAULT_CURRENCY
    return (read_town(told).currency if told else None) or DEFAULT_CURRENCY


def city_of_address(address: str) -> str:
    """
    The part of a free-text address that names the city.

    >>> city_of_address("ул. Абая, 7, Алматы")
    'Алматы'
    >>> city_of_address("123 Main St, Anytown")
    'Anytown'
    """
    return town_in_address(address)
