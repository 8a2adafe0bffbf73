"""Shared by all tables: the declarative base, the kinds of columns, the clock."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, cast

from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Enum,
    FetchedValue,
    Identity,
    MetaData,
    Numeric,
    Result,
    String,
    func,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

#: Every constraint has a descriptive name, so that a migration can refer to it.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        int: BigInteger(),
        str: String(),
        datetime: DateTime(timezone=True),
    }


#: The largest amount of money that is accepted; it fits into a Money column after any rounding.
MAX_MONEY = Decimal("999999999999999")

#: An integer primary key that the database assigns.
Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
#: Money: up to MAX_MONEY, to the hundredth.
Money = Annotated[Decimal, mapped_column(Numeric(17, 2))]
#: The moment when a row was created, by the database's clock.
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]
#: The moment when a row was last written.
UpdatedAt = Annotated[datetime, mapped_column(server_default=func.now(), onupdate=func.now())]
#: A trigger increments it with every change of the row.
Version = Annotated[int, mapped_column(default=1, server_default=text("1"), server_onupdate=FetchedValue())]
#: The transaction that wrote the row, so that a worker's snapshot can select the rows that it has not seen yet. A
#: trigger, or the SQL that writes, updates it with every change.
ChangedIn = Annotated[
    int,
    mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"), server_onupdate=FetchedValue()
    ),
]

#: The largest id that a bigint holds; anything above it cannot exist.
LARGEST_ID = 2**63 - 1


def enum_column(enum: type[StrEnum], name: str) -> Enum:
    """
    A column type for *enum*: the value's word as text; the check constraint *name* allows only the enumeration's words.
    """
    return Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda e: [m.value for m in e],
    )


def utc_now() -> datetime:
    """The current moment by this machine's clock, aware, in UTC; only for display. See :func:`database_now`."""
    return datetime.now(UTC)


def database_now(session: Session) -> datetime:
    """
    The current moment by the database's clock (the transaction's start), aware, in UTC.

    All decisions that depend on time (whether a code, a token, a lease or a stored answer has expired) use this clock,
    because the clocks of web and worker machines differ and may jump.
    """
    return session.execute(select(func.now())).scalar_one()


def rows_changed(result: Result[Any]) -> int:
    """The number of rows that the INSERT, UPDATE or DELETE of *result* has changed."""
    return cast("CursorResult[Any]", result).rowcount
