"""Exchange rates for comparing money in different currencies: set by operators, or fetched from central banks."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, Numeric, String, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base
from models.core.currencies import currency_code
from models.core.errors import InvalidValueError

#: The limits of numeric(20, 8): the smallest value above 0, and the first value that is too large.
SMALLEST_RATE, LARGEST_RATE = Decimal("0.00000001"), Decimal(10) ** 12


class Rate(Base):
    """On *day* and until a later rate, 1 unit of *base* costs *rate* units of *currency*."""

    __tablename__ = "rates"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate_is_positive"),
        CheckConstraint("base <> currency", name="currencies_differ"),
    )

    base: Mapped[str] = mapped_column(String(3), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric(20, 8))


def set_rate(session: Session, base: str, currency: str, day: date, rate: Decimal) -> None:
    """
    Set the rate of a day, replacing an earlier one.

    Raises:
        InvalidValueError: A currency is not in ISO 4217, both currencies are the same, or the rate is out of range.
    """
    codes = {name: currency_code(raw) for name, raw in (("base", base), ("currency", currency))}
    for name, code in codes.items():
        if code is None:
            raise InvalidValueError(name, "currency.not_a_code")
    if codes["base"] == codes["currency"]:
        raise InvalidValueError("currency", "rate.same_currency")
    if not SMALLEST_RATE <= rate < LARGEST_RATE:
        raise InvalidValueError("rate", "rate.out_of_range")
    row = {**codes, "day": day, "rate": rate}
    session.execute(insert(Rate).values(row).on_conflict_do_update(constraint="pk_rates", set_={"rate": rate}))


def factors_to(session: Session, currency: str, day: date) -> dict[str, Decimal]:
    """
    The factor that converts an amount of each currency into *currency*, by the newest rates up to *day*.

    A rate converts in both directions. Conversions have a single step, no chains of rates. A currency without a rate is
    left out, and its amounts are not compared.
    """
    newest = (
        select(Rate)
        .ext(distinct_on(Rate.base, Rate.currency))
        .where(Rate.day <= day, (Rate.base == currency) | (Rate.currency == currency))
        .order_by(Rate.base, Rate.currency, Rate.day.desc())
    )
    factors = {currency: Decimal(1)}
    rates = sorted(session.scalars(newest), key=lambda rate: rate.day)
    for rate in rates:  # the newer of two rates between the same currencies wins
        if rate.currency == currency:
            factors[rate.base] = rate.rate
        else:
            factors[rate.currency] = 1 / rate.rate
    return factors
