"""One page of a select."""

from typing import Any

from sqlalchemy import Select, func, select

from api.db import session


def page_of(query: Select, args: dict[str, int]) -> tuple[list[Any], int]:
    """(rows of the page, count of all rows); an ordered *query* of one entity or of several columns."""
    total = session().scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    window = query.limit(args["limit"]).offset((args["page"] - 1) * args["limit"])
    single = len(query.column_descriptions) == 1
    rows = session().scalars(window).all() if single else session().execute(window).all()
    return list(rows), total
