"""Schemas and helpers that several resources of lead generation share."""

from decimal import Decimal
from typing import Any

from marshmallow import fields
from sqlalchemy import Select

from api.http.blueprint import Body, PageArgs
from api.http.db import session
from api.http.fields import FormWhole

#: Default and maximum number of rows per page.
ROWS = 100


class ListArgs(PageArgs):
    """`page` from 1, `limit` 1 to 100, default 100."""

    limit = FormWhole(1, ROWS, load_default=ROWS, metadata={"description": "Rows per page."})


class PeriodArgs(Body):
    """Days in UTC, both included; either may be left out."""

    first = fields.Date(data_key="from", metadata={"description": "The first day, e.g. 2025-11-01."})
    last = fields.Date(data_key="to", metadata={"description": "The last day."})


class Amount(fields.Float):
    """A figure in a response, always with a fraction, as in the contract."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, allow_none=True, **kwargs)


def window(args: dict[str, Any]) -> dict[str, int]:
    """Return `limit` and `offset` of the requested page."""
    return {"limit": args["limit"], "offset": (args["page"] - 1) * args["limit"]}


def rows_of(query: Select, args: dict[str, Any]) -> list[Any]:
    """Return the page's rows of an ordered *query* of one entity."""
    at = window(args)
    return list(session().scalars(query.limit(at["limit"]).offset(at["offset"])))


def amount(value: Decimal | None) -> float | None:
    """Return a figure as a JSON number, for data without a schema."""
    return None if value is None else float(value)
