"""Single values as files write them: numbers, amounts, currencies, yes and no. Empty and placeholders are None."""

import html
import re
from decimal import Decimal, InvalidOperation

#: What generators and people write where they know nothing.
PLACEHOLDERS = frozenset({"", "-", "--", "–", "—", "?", "n/a", "na", "null", "none", "nan", "не указано", "нет данных"})

YES = frozenset({"да", "yes", "true", "1", "+", "есть", "y", "истина"})
NO = frozenset({"нет", "no", "false", "0", "-", "n", "ложь"})

CURRENCIES = {
    **dict.fromkeys(
        ("rur", "rub", "руб", "руб.", "р", "р.", "₽", "рубль", "рублей", "рубли", "российский рубль"), "RUB"
    ),
    **dict.fromkeys(("kzt", "тг", "тг.", "тнг", "₸", "тенге"), "KZT"),
    **dict.fromkeys(("usd", "$", "долл", "доллар", "долларов", "доллары"), "USD"),
    **dict.fromkeys(("eur", "€", "евро"), "EUR"),
    **dict.fromkeys(("byn", "byr"), "BYN"),
    **{code.casefold(): code for code in ("UZS", "KGS", "AMD", "GEL", "AZN", "AED", "TRY", "UAH", "CNY", "GBP", "THB")},
}

_MULTIPLIERS = {
    **dict.fromkeys(("тыс", "тыс.", "т.р.", "т.р", "тысяч", "к", "k"), 1_000),
    **dict.fromkeys(("млн", "млн.", "миллион", "миллиона", "миллионов", "m", "м"), 1_000_000),
    **dict.fromkeys(("млрд", "млрд.", "миллиард", "миллиарда", "миллиардов"), 1_000_000_000),
}
_UNITS = re.compile(r"(?:кв\.?\s*м\.?|м\s*2|м²|кв\.?\s*метр\w*|sq\.?\s*m\.?|sqm|m2|m²|м\.?|m)\Z", re.IGNORECASE)
#: The quick way for what machines write.
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,4})?")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")
_GAPS = re.compile(r"(?<=[0-9])[\s\u00a0\u2009\u202f'’](?=[0-9]{3}(?![0-9]))")
_AMBIGUOUS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.[0-9]+)?|[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}(?:,[0-9]+)?")
_TAG = re.compile(r"<\s*(br|/p|/li|/div|/tr|/h[1-6])\b[^>]*>|<[a-zA-Z/!][^>]*>", re.IGNORECASE)


def told(text: str | None) -> str | None:
    """
    The text with single blanks, or None where it says nothing.

    >>> told("  Северное   Тушино "), told(" - "), told("null")
    ('Северное Тушино', None, None)
    """
    text = " ".join((text or "").split())
    return None if text.casefold() in PLACEHOLDERS else text


def prose(text: str | None) -> str | None:
    """
    A description: without tags and escaped letters, its paragraphs kept.

    >>> prose("<p>Дом&nbsp;тёплый</p><br/>&amp;#x41C;осква")
    'Дом\\xa0тёплый\\nМосква'
    """
    if not text:
        return None
    if "&" in text or "<" in text:
        text = _TAG.sub(lambda tag: "\n" if tag[1] else "", html.unescape(html.unescape(text)))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line) or None


def number(text: str | None) -> Decimal | None:
    """
    A number as people and programs write it; None where there is none.

    >>> number("2 500"), number("43,2"), number("69.60 кв. м"), number("1,250,000.5"), number(" ")
    (Decimal('2500'), Decimal('43.2'), Decimal('69.60'), Decimal('1250000.5'), None)
    >>> number("1,234")
    Traceback (most recent call last):
    ValueError: could mean 1234 and 1.234

    Raises:
        ValueError: It is no number, or could mean two.
    """
    if text is not None and _PLAIN.fullmatch(text):
        return Decimal(text)
    text = told(text)
    if text is None:
        return None
    bare = _GAPS.sub("", _UNITS.sub("", text).strip())
    if not _NUMBER.fullmatch(bare):
        raise ValueError("is no number")
    if _AMBIGUOUS.fullmatch(bare) and not bare.lstrip("+-").startswith("0"):
        raise ValueError(f"could mean {bare.replace(',', '')} and {bare.replace(',', '.')}")
    if _THOUSANDS.fullmatch(bare):
        mark = "," if "," in bare and ("." not in bare or bare.index(",") < bare.index(".")) else "."
        bare = bare.replace(mark, "")
    try:
        return Decimal(bare.replace(",", "."))
    except InvalidOperation:
        raise ValueError("is no number") from None


def amount(text: str | None) -> tuple[Decimal, str | None] | None:
    """
    An amount of money and the currency that stands beside it.

    >>> amount("12,5 млн ₽"), amount("450 тыс"), amount("45000 тенге"), amount("17 100 000")
    ((Decimal('12500000.0'), 'RUB'), (Decimal('450000'), None), (Decimal('45000'), 'KZT'), (Decimal('17100000'), None))

    Raises:
        ValueError: It is no amount, could mean two, or is agreed upon only in person.
    """
    text = told(text)
    if text is None:
        return None
    try:
        plain = number(text)
        return None if plain is None else (plain, None)
    except ValueError as error:
        if "could mean" in str(error):
            raise
    low = text.casefold()
    if "договор" in low or "по запросу" in low:
        raise ValueError("no price is told")
    if re.search(r"у\.\s?е\b|\bуе\b", low):
        raise ValueError("names no currency: у.е. could be any")
    found = re.fullmatch(r"(?P<before>\D*?)\s*(?P<number>[0-9][0-9\s\u00a0.,'’]*?)\s*(?P<after>\D*)", low)
    if not found:
        raise ValueError("is no amount")
    words = re.sub(
        r"(?:/|в\s)\s*(?:мес|месяц)\w*\.?|(?<=\S)/\s*мес\.?", " ", f"{found['before']} {found['after']}"
    ).split()
    value, currency, times = number(found["number"].strip()), None, 1
    for word in words:
        if word in _MULTIPLIERS:
            times *= _MULTIPLIERS[word]
        elif word in CURRENCIES:
            currency = CURRENCIES[word]
        else:
            raise ValueError("is no amount")
    return None if value is None else (value * times, currency)


def currency(text: str | None) -> str | None:
    """
    The ISO code of a currency in any spelling.

    >>> currency("RUR"), currency("rub"), currency("тенге"), currency(None)
    ('RUB', 'RUB', 'KZT', None)

    Raises:
        ValueError: It is no currency that we know.
    """
    text = told(text)
    if text is None:
        return None
    found = CURRENCIES.get(text.casefold())
    if found is None:
        raise ValueError("is no currency that we know")
    return found


def flag(text: str | None) -> bool | None:
    """
    Yes or no, in the words of feeds; None where neither is told.

    >>> flag("Да"), flag("0"), flag("+"), flag("возможно"), flag("")
    (True, False, True, None, None)
    """
    low = (text or "").strip().casefold()
    return True if low in YES else False if low in NO else None
