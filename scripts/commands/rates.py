"""`leadmatch rates`: exchange rates, by which money in different currencies is compared."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from models.core.errors import InvalidValueError
from models.market.rates import Rate, set_rate
from models.platform.settings import Settings
from scripts.databases import session_factory

#: numeric(20, 8) holds less than this.
LARGEST_RATE = Decimal(10) ** 12


@click.group()
def command() -> None:
    """Set and list exchange rates.

    Where no rate is known, prices in two currencies are not compared.
    """


@command.command("set")
@click.argument("base")
@click.argument("currency")
@click.argument("rate")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="From which day it counts  [today, UTC].")
def set_command(base: str, currency: str, rate: str, day: datetime | None) -> None:
    """Set what 1 BASE costs in CURRENCY: rates set USD RUB 92.5"""
    base, currency = _code("base", base), _code("currency", currency)
    if base == currency:
        raise InvalidValueError("currency", "name two different currencies")
    amount = _rate(rate)
    when = (day or datetime.now(UTC)).date()
    with session_factory(Settings.from_env())() as session:
        set_rate(session, base, currency, when, amount)
        session.commit()
    click.echo(f"1 {base} = {amount.normalize():f} {currency} from {when}.")
    click.echo("The lists follow with the next run: leadmatch rescore")


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Earlier rates too, not only the newest of each pair.")
def list_command(everything: bool) -> None:
    """List the rates that count."""
    console = Console()
    query = select(Rate).order_by(Rate.base, Rate.currency, Rate.day.desc())
    if not everything:
        query = query.ext(distinct_on(Rate.base, Rate.currency))
    table = Table("base", "currency", "rate", "from")
    table.columns[2].justify = "right"
    with session_factory(Settings.from_env())() as session:
        for row in session.scalars(query):
            table.add_row(row.base, row.currency, f"{row.rate.normalize():f}", str(row.day))
    console.print(table if table.row_count else "No rate is set: leadmatch rates set USD RUB 92.5")


def _code(field: str, raw: str) -> str:
    if not (len(raw) == 3 and raw.isascii() and raw.isalpha()):
        raise InvalidValueError(field, f"a currency is three letters, such as USD, not {raw}")
    return raw.upper()


def _rate(raw: str) -> Decimal:
    try:
        rate = Decimal(raw.replace(",", "."))
    except InvalidOperation:
        raise InvalidValueError("rate", f"{raw} is no number") from None
    # The column keeps eight places: what rounds to 0 there is none.
    if not rate.is_finite() or not Decimal("0.00000001") <= rate < LARGEST_RATE:
        raise InvalidValueError("rate", "it must be above 0 and below a trillion")
    return rate
