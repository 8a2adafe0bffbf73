"""Lists of the visitor's own leads and properties: filters, actions on several rows, tags, undo."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify, request
from werkzeug.datastructures import MultiDict

from api.console.files.import_words import requested_source
from api.console.kit.access import visitor
from api.console.kit.formatting import towns_by_key
from api.console.kit.i18n import OUTCOMES, translate, translate_error
from api.console.kit.pages import back, chosen, page_number, wants_json, wants_part
from api.console.kit.request_cleaning import address_in
from api.console.kit.row_ids import id_in, ids_in
from api.console.kit.undo_tokens import MAX_SEVERAL, read_several, undo_of_several
from api.console.realtors.base_views import COLUMNS, FILTERS, PATHS, choice_of, views_for
from api.console.realtors.row_controls import RowControls
from api.exchange.exports import picked_file
from api.http.db import session
from api.http.table_files import TableFormat
from api.http.tasks import rescore_lead, rescore_property
from models.agenda.following import new_counts
from models.core.amount_words import Bound, Unit
from models.core.amounts import read_amount, read_number
from models.core.enums import DealType, Side, Status
from models.core.errors import InvalidValueError, NotFoundError
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.deals.match_board import best_scores
from models.deals.matches import match_counts
from models.market.bulk_changes import change_prices, change_statuses, undo_price_change
from models.market.own_base import BaseFilter, BaseOrder, own_page
from models.market.own_towns import own_towns
from models.market.tags import add_tag, remove_tag, tags_of, used_tags

PER_PAGE = 30
MAX_MOMENT_DIGITS = 16  # of microseconds since 1970: enough until the year 2286
SIZES = (30, 50, 100)

#: Order -> its label.
ORDERS = {
    BaseOrder.NEWEST: "Newest first",
    BaseOrder.OLDEST: "Oldest first",
    BaseOrder.CHANGED: "Last changed first",
    BaseOrder.NAME: "By name",
    BaseOrder.CHEAPEST: "Cheapest first",
    BaseOrder.DEAREST: "Dearest first",
}


@dataclass
class ListRequest:
    """The filter in the address; unreadable values filter nothing and are reported in *errors*."""

    filters: BaseFilter
    errors: dict[str, str] = field(default_factory=dict)
    size: int = PER_PAGE

    @property
    def has_filters(self) -> bool:
        """Whether there is any filter in addition to the order."""
        plain = BaseFilter(order=self.filters.order)
        return self.filters != plain


def own_list(side: Side) -> dict[str, Any]:
    """The contents of a list's page; parts that only the filters need are left out of the live part."""
    choice = choice_of(side)
    list_request = _list_request(choice)
    rows, pager = _page(side, list_request)
    ids = [row.id for row in rows]
    part = wants_part()
    tags, query = tags_of(session(), side, ids), _query()
    return {
        "part": part,
        "rows": rows,
        "side": side.value,
        "path": PATHS[side],
        "counts": match_counts(session(), side, ids),
        "best": best_scores(session(), side, ids),
        "tags": tags,
        "controls": RowControls(side, PATHS[side], query | {"page": pager["page"]}, tags),
        "fresh": new_counts(session(), ids) if side is Side.LEAD else {},
        "towns": {} if part else towns_by_key(own_towns(session(), visitor(), side)),
        "all_tags": [] if part else used_tags(session(), visitor(), side),
        "list_request": list_request,
        "orders": ORDERS,
        "sizes": SIZES,
        "columns": set(choice["columns"]),
        "all_columns": COLUMNS[side],
        "views": [] if part else views_for(side),
        "source": requested_source(),
        "status": list_request.filters.status,
        "query": query,
        **pager,
    }


def requested_filter(side: Side) -> BaseFilter:
    """The filter of the list in the address: it selects the same rows in the same order as the pages."""
    return _list_request(choice_of(side)).filters


def apply_to_selected(side: Side) -> Response:
    """Apply the form's action to the selected rows that are the visitor's own."""
    form = request.form
    ids = ids_in(form.getlist("id")[:MAX_SEVERAL])
    if not ids:
        raise InvalidValueError("id", "several.none")
    action, tag = form.get("do", ""), ""
    if action in ("archive", "restore"):
        done = "archived" if action == "archive" else "restored"
        changed = _move(side, ids, Status.ARCHIVED if action == "archive" else Status.ACTIVE)
    elif action == "tag":
        done = "tagged"
        tag, changed = add_tag(session(), visitor(), side, ids, form.get("tag", ""))
    elif action == "untag":
        done, tag = "untagged", form.get("tag", "")
        changed = remove_tag(session(), visitor(), side, ids, tag)
    elif action == "price" and side is Side.PROPERTY:
        done = "priced"
        tag, changed = _change_prices(ids, form.get("by", ""))
    elif action in list(TableFormat):
        return picked_file(visitor(), TableFormat(action), side, ids)
    else:
        raise InvalidValueError("do", "several.choose")
    undo = undo_of_several(side, done, tag, changed) if changed else None
    message = f"several_{done}" if changed else "unchanged"
    if wants_json():
        return jsonify(message=translate(OUTCOMES[message]), key=message, undo=undo)
    if form.get("back") == "row":
        return back(f"{PATHS[side]}/{ids[0]}", message, undo=undo)
    return back(PATHS[side], message, undo=undo, **current_filter())


def undo_for_selected(token: str) -> str | None:
    """Undo the action that the token names; returns the page of the rows. None: the token is not for several rows."""
    named = read_several(token)
    if named is None:
        return None
    side, done, tag, ids = named
    if done in ("archived", "restored"):
        _move(side, ids, Status.ACTIVE if done == "archived" else Status.ARCHIVED)
    elif done == "priced":
        _undo_price_change(ids, tag)
    elif done == "tagged":
        remove_tag(session(), visitor(), side, ids, tag)
    else:
        add_tag(session(), visitor(), side, ids, tag)
    return PATHS[side]


def copied_id() -> int | None:
    """The id of the row to copy into a new one's form."""
    return id_in(request.args.get("copy", ""))


def _move(side: Side, ids: list[int], status: Status) -> list[int]:
    rows = change_statuses(session(), visitor(), side, ids, status)
    for row in rows:
        if side is Side.LEAD:
            rescore_lead(row)
        else:
            rescore_property(row)
    return [row.id for row in rows]


def _change_prices(ids: list[int], text: str) -> tuple[str, list[int]]:
    """Change prices by a typed amount: «−5 %», «+200 тыс.», «-300000 ₽».

    Returns:
        The data for undoing the change, and the ids of properties whose price has changed.
    """
    plain = text.strip().replace("−", "-")
    sign, plain = (-1 if plain.startswith("-") else 1), plain.lstrip("+-").strip()
    try:
        if plain.endswith("%"):
            by: dict[str, Any] = {"percent": sign * read_number(plain, Unit.PERCENT)}
        else:
            amount = read_amount(plain)
            by = {"amount": sign * amount.value, "currency": amount.currency}
    except UnreadableError as error:
        raise error.at("by") from None
    since, rows = change_prices(session(), visitor(), ids, **by)
    for row in rows:
        rescore_property(row)
    return str(int(since.timestamp() * 1_000_000)), [row.id for row in rows]


def _undo_price_change(ids: list[int], since: str) -> None:
    if not (since.isascii() and since.isdigit() and len(since) <= MAX_MOMENT_DIGITS):
        raise NotFoundError("action to undo")
    moment = datetime.fromtimestamp(int(since) / 1_000_000, UTC)
    for row in undo_price_change(session(), visitor(), ids, moment):
        rescore_property(row)


def _page(side: Side, list_request: ListRequest) -> tuple[list[Any], dict[str, int]]:
    """The rows of the requested page, or of the last one if there are fewer, and its pager."""

    def read(page: int) -> tuple[list[Any], int]:
        return own_page(session(), visitor(), side, list_request.filters, page=page, per_page=list_request.size)

    page = page_number()
    rows, total = read(page)
    if not rows and page > 1:
        rows, total = read(1)
        page = max(1, -(-total // list_request.size))
        if page > 1:
            rows, total = read(page)
    return rows, {"total": total, "page": page, "pages": max(1, -(-total // list_request.size))}


def _list_request(choice: dict[str, Any]) -> ListRequest:
    args = request.args
    errors: dict[str, str] = {}
    source = requested_source()
    size, order = choice["size"], choice["sort"]
    filters = BaseFilter(
        words=_text("q") or "",
        status=chosen(Status, "status"),
        city_key=_text("town"),
        deal_type=chosen(DealType, "deal"),
        rooms=_read(args, "rooms", read_rooms, errors) or [],
        price_from=_read(args, "from", lambda text: read_amount(text, end=Bound.LOW), errors),
        price_to=_read(args, "to", lambda text: read_amount(text, end=Bound.HIGH), errors),
        tag=_text("tag"),
        source_id=source.id if source else None,
        order=BaseOrder(order) if order in list(BaseOrder) else BaseOrder.NEWEST,
    )
    return ListRequest(filters, errors, int(size) if size in map(str, SIZES) else PER_PAGE)


def _text(name: str) -> str | None:
    return request.args.get(name, "").strip()[:300] or None


def _read(args: MultiDict, name: str, read: Any, errors: dict[str, str]) -> Any:
    text = args.get(name, "").strip()
    try:
        return read(text) if text else None
    except UnreadableError as error:
        errors[name] = translate_error(error)
        return None


def _query() -> dict[str, str]:
    """The address's filter without the parameters of one view."""
    return {name: value for name, value in request.args.items() if value and name in FILTERS and name != "page"}


def current_filter() -> dict[str, str]:
    """The list's filter, to return to after an action on its rows."""
    return {name: value for name, value in address_in("was", 2000) if name in FILTERS}
