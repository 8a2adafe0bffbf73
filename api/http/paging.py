"""One page of a query."""

import json
from typing import Any

from sqlalchemy import Select, func, select

from api.http.db import session

#: The OpenAPI description of the header that :func:`pagination` builds.
PAGINATION = {
    "X-Pagination": {
        "required": True,
        "schema": {"type": "string"},
        "description": "JSON: total, total_pages, page, first_page, last_page, previous_page, next_page.",
    }
}


def page_of(query: Select, args: dict[str, int]) -> tuple[list[Any], int]:
    """(rows of the page, count of all rows); an ordered *query* of one entity or of several columns."""
    total = session().scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    if not total:
        return [], 0
    window = query.limit(args["limit"]).offset((args["page"] - 1) * args["limit"])
    single = len(query.column_descriptions) == 1
    rows = session().scalars(window).all() if single else session().execute(window).all()
    return list(rows), total


def pagination(total: int, args: dict[str, int]) -> dict[str, str]:
    """
    The X-Pagination header of a list whose body is a bare array, as flask-smorest writes it.

    >>> pagination(41, {"page": 2, "limit": 20})["X-Pagination"]
    '{"total": 41, "total_pages": 3, "page": 2, "first_page": 1, "last_page": 3, "previous_page": 1, "next_page": 3}'
    """
    pages = -(-total // args["limit"])
    numbers = {"total": total, "total_pages": pages, "page": args["page"]}
    if pages:
        numbers |= {"first_page": 1, "last_page": pages}
        if 1 < args["page"] <= pages:
            numbers["previous_page"] = args["page"] - 1
        if args["page"] < pages:
            numbers["next_page"] = args["page"] + 1
    return {"X-Pagination": json.dumps(numbers)}
