"""Daily tables of central banks: the XML of Russia's and of Kazakhstan's, read and checked before they are stored.

Sources of the formats: https://www.cbr.ru/development/SXML/ (``ValCurs``, windows-1251, a decimal comma, the price of
*Nominal* units) and https://nationalbank.kz/rss/ (``item``: a code as *title*, the price of *quant* units as
*description*).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from lxml import etree
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.core.currencies import currency_code
from models.core.errors import DomainError
from models.market.rates import LARGEST_RATE, SMALLEST_RATE, Rate, set_rate

#: Fewer mean a truncated table: Russia's bank lists more than fifty, Kazakhstan's about forty.
MIN_CURRENCIES = 10
#: A table with none of these currencies is not a table of rates.
MAJORS = frozenset({"USD", "EUR", "CNY"})
#: The largest plausible change of a currency between two tables, as a factor; more means a wrong unit or file.
MAX_JUMP = Decimal(2)
#: The factor applies only to stored rates younger than this; rates that are weeks old may have changed more.
JUMP_WINDOW = timedelta(days=30)
#: A table is dated the next working day at the latest; a long holiday is eleven days.
MAX_AHEAD, MAX_AGE = timedelta(days=12), timedelta(days=31)
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")


class RatesRefusedError(DomainError):
    """A table of rates cannot be read or is implausible; the last good one stays."""


@dataclass(frozen=True)
class RateTable:
    """The value of 1 unit of each currency in *home*, on *day* and until the next table."""

    home: str
    day: date
    rates: dict[str, Decimal]


@dataclass(frozen=True)
class Stored:
    """The result of storing a table: how many of its rates were new or changed."""

    table: RateTable
    changed: int


def read_table(content: bytes) -> RateTable:
    """A table of Russia's or Kazakhstan's central bank, recognised by its content.

    Currencies that are not legal tender (special drawing rights) are skipped.

    Raises:
        RatesRefusedError: It is from neither bank, contains a DTD, or has a value that is not a positive number.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise RatesRefusedError("The answer is no XML.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise RatesRefusedError("The table holds a DTD, as no bank's does.")
    if _name(root) == "ValCurs":
        return _of_russia(root)
    if _name(root) in ("rates", "rss"):
        return _of_kazakhstan(root)
    raise RatesRefusedError(f"The table is of an unknown kind: {_name(root)[:40]}.")


def store_table(session: Session, table: RateTable, today: date) -> Stored:
    """Store a plausible table in the caller's transaction; storing it again changes nothing.

    Raises:
        RatesRefusedError: See :func:`check_table`.
    """
    known = _newest(session, table.home)
    check_table(table, known, today)
    changed = 0
    for currency, rate in sorted(table.rates.items()):
        current = session.get(Rate, (currency, table.home, table.day))
        if current is None or current.rate != rate:
            set_rate(session, currency, table.home, table.day, rate)
            changed += 1
    session.flush()
    return Stored(table, changed)


def check_table(table: RateTable, known: dict[str, Rate], today: date) -> None:
    """Raise RatesRefusedError if *table* is implausible as the bank's current table.

    Args:
        known: The newest stored rate of each currency.
    """
    if len(table.rates) < MIN_CURRENCIES:
        raise RatesRefusedError(f"The table holds {len(table.rates)} currencies; {MIN_CURRENCIES} are the least.")
    if not MAJORS & set(table.rates):
        raise RatesRefusedError("The table holds neither dollars nor euros nor yuan.")
    if not today - MAX_AGE <= table.day <= today + MAX_AHEAD:
        raise RatesRefusedError(f"The table is of {table.day}, and today is {today}.")
    for currency, rate in sorted(table.rates.items()):
        before = known.get(currency)
        if before is None or abs(table.day - before.day) > JUMP_WINDOW:
            continue
        if not before.rate / MAX_JUMP <= rate <= before.rate * MAX_JUMP:
            raise RatesRefusedError(
                f"1 {currency} is {rate:f} {table.home} after {before.rate.normalize():f} on {before.day}: more than a "
                f"factor of {MAX_JUMP}. If it is true, set it: leadmatch rates set {currency} {table.home} {rate:f}"
            )


def _of_russia(root: etree._Element) -> RateTable:
    day = _day(root.get("Date"))
    rows = [
        (_text(row, "CharCode"), _text(row, "Value"), _text(row, "Nominal"))
        for row in root
        if isinstance(row.tag, str) and _name(row) == "Valute"
    ]
    return RateTable("RUB", day, _rates(rows, "RUB"))


def _of_kazakhstan(root: etree._Element) -> RateTable:
    items = [element for element in root.iter() if isinstance(element.tag, str) and _name(element) == "item"]
    days = [_text(root, "date")] + [_text(item, "pubDate") for item in items]
    day = _day(next((date for date in days if date), None))
    rows = [(_text(item, "title"), _text(item, "description"), _text(item, "quant") or "1") for item in items]
    return RateTable("KZT", day, _rates(rows, "KZT"))


def _rates(rows: list[tuple[str, str, str]], home: str) -> dict[str, Decimal]:
    """The price of one unit by currency, from (code, price, number of units)."""
    rates: dict[str, Decimal] = {}
    for code, price, units in rows:
        currency = currency_code(code) if len(code) == 3 else None
        if currency is None or currency == home:
            continue
        rate = (_number(code, price) / _number(code, units)).quantize(SMALLEST_RATE)
        if not SMALLEST_RATE <= rate < LARGEST_RATE:
            raise RatesRefusedError(f"1 {code} cannot cost {rate:f} {home}.")
        if rates.setdefault(currency, rate) != rate:
            raise RatesRefusedError(f"The table has two rates of {code}.")
    return rates


def _number(code: str, raw: str) -> Decimal:
    plain = "".join(raw.split()).replace(",", ".")
    if not re.fullmatch(r"\d{1,15}(?:\.\d{1,12})?", plain, re.ASCII) or not Decimal(plain):
        raise RatesRefusedError(f"The rate of {code} is no positive number: {raw[:40]}.")
    return Decimal(plain)


def _day(raw: str | None) -> date:
    match = _DAY.search(raw or "")
    try:
        if match:
            return date(int(match[3]), int(match[2]), int(match[1]))
        return datetime.fromisoformat((raw or "").strip()).date()
    except ValueError:
        raise RatesRefusedError("The table does not say of which day it is.") from None


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _text(element: etree._Element, name: str) -> str:
    """The text of the child element with this name, in any namespace; empty if there is none."""
    for child in element:
        if isinstance(child.tag, str) and _name(child) == name:
            return (child.text or "").strip()
    return ""


def _newest(session: Session, home: str) -> dict[str, Rate]:
    query = select(Rate).ext(distinct_on(Rate.base)).where(Rate.currency == home).order_by(Rate.base, Rate.day.desc())
    return {rate.base: rate for rate in session.scalars(query)}
