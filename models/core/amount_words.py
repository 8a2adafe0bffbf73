"""The words of amounts and ranges, and the splitting of a text into them; :mod:`models.core.amounts` combines them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache

from models.core.currencies import WORD, currency_at, one_script
from models.core.numbers import (
    NUMBER,
    UnreadableError,
    check_exponent,
    check_length,
    phrases_in,
    prepared,
    without_kazakh_cases,
)


class Unit(StrEnum):
    """The unit of a number; its words may follow the number."""

    NONE = "none"
    AREA = "area"  #: Square metres; hundreds of them («сотка») and hectares are converted.
    METRES = "metres"
    PERCENT = "percent"
    MINUTES = "minutes"
    YEAR = "year"
    FLOOR = "floor"


class Bound(Enum):
    """Which end of a range an amount is."""

    LOW = "low"
    HIGH = "high"


class Kind(Enum):
    NUMBER = 0  #: *text* holds the digits.
    SCALE = 1  #: *value* multiplies the number before it; for money, *text* is the implied currency, or empty.
    CURRENCY = 2  #: *text* is its code.
    BOUND = 3
    LINK = 4  #: Between the ends of a range.
    NOISE = 5  #: Changes nothing.
    OTHER = 6  #: Not understood.


@dataclass(frozen=True)
class Item:
    """A piece of an amount's text. *follows*: a bound that may come after its amount, or a unit."""

    kind: Kind
    text: str
    value: Decimal = Decimal(1)
    bound: Bound | None = None
    follows: bool = False
    #: A number in words («двадцать пять» is two that add up), or a multiplier that needs no number: «миллион».
    spelled: bool = False
    source: str = ""  #: The original text.


def _phrases(item: Item, *tables: str) -> dict[str, Item]:
    """Tables of phrases, separated by semicolons, that all mean *item*."""
    return dict.fromkeys((phrase for table in tables for phrase in phrases_in(table)), item)


def _scale(value: str, words: str, *, spelled: bool = False) -> dict[str, Item]:
    return _phrases(Item(Kind.SCALE, "", Decimal(value), spelled=spelled), *words.split())


THOUSAND, MILLION, MILLIARD = "1000", "1000000", "1000000000"
_SCALES: Mapping[str, Item] = {
    **_scale(THOUSAND, "тыс тысяч тысячами тыщ тыща тыщи тыщу тыщь т к k thousand thousands мың"),
    **_scale(THOUSAND, "тысяча тысячи тысячу", spelled=True),
    **_scale(MILLION, "млн милл миллионов миллионы миллиону миллионами милион милиона милионов"),
    **_scale(MILLION, "миллион миллиона", spelled=True),
    **_scale(MILLION, "лям ляма лямов лимон лимона лимонов кк kk mln mio million millions m mm м мм"),
    **_scale(MILLIARD, "млрд миллиардов миллиарды лярд лярда лярдов bn b bln billion billions mlrd"),
    **_scale(MILLIARD, "миллиард миллиарда", spelled=True),
    **_phrases(Item(Kind.SCALE, "RUB", Decimal(THOUSAND)), "тр", "тыр", "т р"),
    **_scale("0.01", "коп копейка копейки копеек"),
}

_LOW = Item(Kind.BOUND, "", bound=Bound.LOW)
_HIGH = Item(Kind.BOUND, "", bound=Bound.HIGH)
_LOW_EITHER = Item(Kind.BOUND, "", bound=Bound.LOW, follows=True)
_HIGH_EITHER = Item(Kind.BOUND, "", bound=Bound.HIGH, follows=True)

#: Words of ranges, for numbers of every kind.
RANGE_PHRASES: Mapping[str, Item] = {
    **_phrases(
        _LOW,
        """
        от; с; начиная с; начиная от; не менее; не меньше; не дешевле; не ниже; более; больше; свыше; дороже; выше;
        from; at least; over; above; more than; not less than; no less than; starting from; starting at; >; > =; ≥;
        кемінде; ең аз дегенде; ең азы
    """,
    ),
    **_phrases(Item(Kind.BOUND, "between", bound=Bound.LOW), "between", "между"),
    **_phrases(
        _HIGH,
        """
        до; не более; не больше; не дороже; не выше; в пределах; менее; меньше; дешевле; ниже; up to; upto; at most;
        under; below; less than; not more than; no more than; not over; within; <; < =; ≤; until; till;
        ең көбі; ең көп дегенде
    """,
    ),
    **_phrases(
        _LOW_EITHER,
        """
        минимум; мин; min; minimum; как минимум; и более; и больше; и выше; или больше; или более; и дороже; or more;
        and more; and up; and over; and above; plus; плюс; +; бастап; артық; жоғары; кем емес; аз емес; астам
    """,
    ),
    **_phrases(
        _HIGH_EITHER,
        """
        максимум; макс; max; maximum; и менее; и меньше; и ниже; или меньше; или менее; и дешевле; or less; and less;
        and below; or below; дейін; не более чем; көп емес; артық емес; аспайды; аспайтын; төмен
    """,
    ),
    **_phrases(Item(Kind.LINK, "-"), "-; - -"),
    **_phrases(Item(Kind.LINK, "to"), "to; по; ..; ~"),
    **_phrases(Item(Kind.LINK, "and"), "and", "и"),
    **_phrases(
        Item(Kind.NOISE, ""),
        """
        :; (; ); ровно; только; exactly; =
    """,
    ),
}

_PER_MONTH = phrases_in(
    "/ мес; / месяц; в месяц; в мес; за месяц; ежемесячно; / month; / mo; per month; a month; monthly; / m; pcm; "
    "айына; / ай; ай сайын"
)
_PER = ("/", "за", "per", "в", "a", "на")
_PER_WHAT = phrases_in(
    """
    м²; m²; кв м; кв метр; кв; метр; квадрат; квадратный метр; sqm; sq m; sq ft; sqft; сотку; сотка; га; сут; сутки;
    день; дн; ночь; day; night; week; нед; неделю; год; year; yr; annum; г; час; hour; чел; человека; person
    """
)
_MONEY_PHRASES: Mapping[str, Item] = {
    **_SCALES,
    **_phrases(
        Item(Kind.NOISE, ""), """
        цена; стоимость; бюджет; сумма; price; budget; cost; торг; торг уместен; возможен торг; без торга; небольшой
        торг; торг возможен
    """, *_PER_MONTH,
    ),
}  # fmt: skip
#: Phrases in place of a price.
_NO_PRICE = frozenset(
    phrases_in(
        """
        договорная; договорный; договорное; договорной; по договоренности; по запросу; цена по запросу; дог; договор;
        цена договорная; уточняйте; уточняйте цену; уточнить; звоните; не указана; по согласованию; обсуждается;
        при звонке; цена при звонке; price on request; on request; upon request; poa; negotiable; ask; ask for price;
        call; call for price; tbd; to be agreed; келісім бойынша; келісімді
        """
    )
)
_PER_UNIT = frozenset(
    {f"{per} {what}" for per in _PER for what in _PER_WHAT} | {"посуточно", "в сутки", "daily", "nightly", "psf"}
)


def _unit(words: str, size: str = "1") -> dict[str, str]:
    return dict.fromkeys(phrases_in(words), size)


#: Unit -> words that may follow a number, and their size in the unit.
_UNIT_PHRASES: Mapping[Unit, Mapping[str, str]] = {
    Unit.NONE: {},
    Unit.AREA: {
        **_unit("м²; m²; м; m; кв м; кв метр; кв метры; кв метра; кв метров; квм; кв; sqm; sq m; метр; метра; метров"),
        **_unit(
            "квадрат; квадрата; квадратов; квадратный метр; квадратных метра; квадратных метров; ш м; шаршы метр; "
            "шаршы м"
        ),
        **_unit("sq meters; sq metres; square meters; square metres"),
        **_unit("сотка; сотки; соток; сот", "100"),
        **_unit("га; ha; гектар; гектара; гектаров; hectare; hectares", "10000"),
    },
    Unit.METRES: {
        **_unit("м; m; метр; метра; метров; meter; meters; metre; metres"),
        **_unit("см; cm", "0.01"),
        **_unit("км; km", "1000"),
    },
    Unit.PERCENT: _unit("%; процент; процента; процентов; проц; percent; per cent"),
    Unit.MINUTES: _unit("мин; минут; минута; минуты; min; mins; minute; minutes; м; m"),
    Unit.YEAR: _unit("г; год; года; году; г п; г постройки; год постройки; года постройки; year"),
    Unit.FLOOR: {
        **_unit("этаж; эт; этажа; этажей; й этаж; - й этаж; - й; й; - ый; ый; этажный; floor; floors; st; nd; rd; th"),
        **_unit("st floor; nd floor; rd floor; th floor"),
    },
}


def _counted(words: str, first: int, step: int = 1) -> dict[str, str]:
    """Words of numbers that increase by *step*; bars separate words for the same number."""
    return {
        word: str(first + position * step) for position, same in enumerate(words.split()) for word in same.split("|")
    }


#: Words that add to any whole number before them: «пять с половиной».
AND_A_HALF = "0.50"
#: Words that are numbers.
_NUMBER_WORDS = {
    **{"пол": "0.5", "половина": "0.5", "полтора": "1.5", "полторы": "1.5", "half": "0.5", "half a": "0.5"},
    **{"полутора": "1.5", "с половиной": AND_A_HALF, "and a half": AND_A_HALF},
    **_counted("ноль один|одна|одну|одного два|две|двух три|трех четыре|четырех пять|пяти шесть|шести семь|семи", 0),
    **_counted(
        "восемь|восьми девять|девяти десять|десяти одиннадцать|одиннадцати двенадцать|двенадцати "
        "тринадцать|тринадцати четырнадцать|четырнадцати пятнадцать|пятнадцати шестнадцать|шестнадцати "
        "семнадцать|семнадцати восемнадцать|восемнадцати девятнадцать|девятнадцати",
        8,
    ),
    **_counted(
        "двадцать|двадцати тридцать|тридцати сорок|сорока пятьдесят|пятидесяти шестьдесят|шестидесяти "
        "семьдесят|семидесяти восемьдесят|восьмидесяти девяносто|девяноста",
        20,
        10,
    ),
    **_counted(
        "сто|ста двести|двухсот триста|трехсот четыреста|четырехсот пятьсот|пятисот шестьсот|шестисот "
        "семьсот|семисот восемьсот|восьмисот девятьсот|девятисот",
        100,
        100,
    ),
    **_counted("zero one two three four five six seven eight nine ten eleven twelve", 0),
    **_counted("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
}
#: Signs that are attached to their word.
_HALF = re.compile(r"пол-?(?=миллион|миллиард|тысяч|млн|лям)|(?<=полтора)-(?=миллион)")

_TOKEN = re.compile(rf"{NUMBER}|{WORD}|\.\.|[^\s.]")
_SQUARE = re.compile(r"(?<![^\W\d_])([мm]) ?(?:²|\^2|2)(?![0-9])")
#: 12500000,- and 12500000.-, the notation of cheques.
_DASHED_END = re.compile(r"(?<=[0-9])[.,] ?-+(?= *(?:$|[^\W\d_]|[₽₸$€]))")
#: «10+ млн»
_PLUS_BEFORE_SCALE = re.compile(r"(?<=[0-9])\+ ?(млн|тыс|млрд|mln|million|m|k|м|к)(?!\w)\.?")
_LONGEST_PHRASE = 3


@cache
def _vocabulary(unit: Unit | None) -> Mapping[str, Item]:
    """The phrases for one kind of number; *unit* None means money."""
    if unit is None:
        return {**RANGE_PHRASES, **_MONEY_PHRASES}
    units = {
        phrase: Item(Kind.SCALE, phrase, Decimal(value), follows=True) for phrase, value in _UNIT_PHRASES[unit].items()
    }
    return {**RANGE_PHRASES, **units}


def items_of(text: str, unit: Unit | None) -> list[Item]:
    """
    Split a text into the words of an amount; *unit* None means money.

    Raises:
        UnreadableError: number.empty, number.too_long, number.exponent, amount.no_price, amount.units, amount.per_unit,
            currency.ambiguous.
    """
    check_length(text)
    plain = _PLUS_BEFORE_SCALE.sub(r" \1 +", without_kazakh_cases(prepared(text)))
    plain = _DASHED_END.sub(" ", _HALF.sub("пол ", _SQUARE.sub("м²", plain)))
    if not plain.strip(" -"):
        raise UnreadableError("number.empty")
    check_exponent(plain)
    tokens = [one_script(token) for token in _TOKEN.findall(plain)]
    if unit is None and " ".join(tokens) in _NO_PRICE:
        raise UnreadableError("amount.no_price", text=text.strip())
    return list(_items(tokens, unit))


def _items(tokens: list[str], unit: Unit | None) -> Iterator[Item]:
    position = 0
    while position < len(tokens):
        if tokens[position][-1].isdigit() and tokens[position].isascii():
            yield Item(Kind.NUMBER, tokens[position], source=tokens[position])
            position += 1
            continue
        length, item = _longest(tokens, position, unit)
        if unit is None:
            money_length, code = currency_at(tokens, position)
            if money_length > length:
                length, item = money_length, Item(Kind.CURRENCY, code)
        if item is None and tokens[position] == "," and not "".join(tokens[position + 1 : position + 2])[-1:].isdigit():
            item = Item(Kind.NOISE, ",")
        length = max(length, 1)
        source = " ".join(tokens[position : position + length])
        yield replace(item, source=source) if item else Item(Kind.OTHER, source, source=source)
        position += length


def _longest(tokens: list[str], position: int, unit: Unit | None) -> tuple[int, Item | None]:
    """The longest phrase that begins at *position*: its length in tokens, and its meaning."""
    phrases = _vocabulary(unit)
    for length in range(min(_LONGEST_PHRASE, len(tokens) - position), 0, -1):
        phrase = " ".join(tokens[position : position + length])
        if unit is None and phrase in _PER_UNIT:
            raise UnreadableError("amount.per_unit", text=phrase)
        if phrase in phrases:
            return length, phrases[phrase]
        if phrase in _NUMBER_WORDS:
            return length, Item(Kind.NUMBER, _NUMBER_WORDS[phrase], spelled=True)
    return 0, None
