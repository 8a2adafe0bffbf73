"""Lists of one's own leads and properties: filters of the address, several rows at once, tags; and their undoing."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, jsonify, request
from werkzeug.datastructures import MultiDict

from api.console.files.import_words import named_source
from api.console.kit.access import visitor
from api.console.kit.i18n import OUTCOMES, translate, translate_error
from api.console.kit.pages import back, chosen, listed, wants_json, wants_part
from api.console.kit.undo_tokens import MAX_SEVERAL, read_several, undo_of_several
from api.http.db import session
from api.http.tasks import rescore_lead, rescore_property
from models.agenda.following import new_counts
from models.core.amount_words import Bound
from models.core.amounts import read_amount
from models.core.enums import DealType, Side, Status
from models.core.errors import InvalidValueError
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.deals.match_board import best_scores
from models.deals.matches import match_counts
from models.market.own_base import BaseFilter, BaseOrder, own_rows, own_towns
from models.market.several import move_several
from models.market.tags import add_tag, remove_tag, tags_of, used_tags

PER_PAGE = 30
SIZES = (30, 50, 100)

#: What of an address asks for rows, or for their order.
FILTERS = ("q", "status", "town", "deal", "rooms", "from", "to", "tag", "sort", "size", "source", "page")

#: Order -> what it is called.
ORDERS = {
    BaseOrder.NEWEST: "Newest first",
    BaseOrder.OLDEST: "Oldest first",
    BaseOrder.CHANGED: "Last changed first",
    BaseOrder.NAME: "By name",
    BaseOrder.CHEAPEST: "Cheapest first",
    BaseOrder.DEAREST: "Dearest first",
}
PATHS = {Side.LEAD: "/console/leads", Side.PROPERTY: "/console/properties"}


@dataclass
class Asked:
    """The filter that the address names; *errors* tells of what cannot be read, which filters nothing."""

    wanted: BaseFilter
    errors: dict[str, str] = field(default_factory=dict)
    size: int = PER_PAGE

    @property
    def asks(self) -> bool:
        """Whether anything but the order is asked."""
        plain = BaseFilter(order=self.wanted.order)
        return self.wanted != plain


def own_list(side: Side) -> dict[str, Any]:
    """What the page of a list shows, as the address asks; what only the filters need is left out of the living part."""
    asked = _asked()
    rows, pager = listed(own_rows(visitor(), side, asked.wanted), asked.size)
    ids = [row.id for row in rows]
    part = wants_part()
    return {
        "part": part,
        "rows": rows,
        "side": side.value,
        "path": PATHS[side],
        "counts": match_counts(session(), side, ids),
        "best": best_scores(session(), side, ids),
        "tags": tags_of(session(), side, ids),
        "fresh": new_counts(session(), ids) if side is Side.LEAD else {},
        "towns": {} if part else own_towns(session(), visitor(), side),
        "all_tags": used_tags(session(), visitor(), side),
        "asked": asked,
        "orders": ORDERS,
        "sizes": SIZES,
        "source": named_source(),
        "status": asked.wanted.status,
        "query": _query(),
        **pager,
    }


def act_on_several(side: Side) -> Response:
    """Do what the form says with the rows that are picked in it, the visitor's own ones."""
    form = request.form
    ids = [
        int(each) for each in form.getlist("id")[:MAX_SEVERAL] if each.isascii() and each.isdigit() and len(each) < 19
    ]
    if not ids:
        raise InvalidValueError("id", "several.none")
    what, tag = form.get("do", ""), ""
    if what in ("archive", "restore"):
        done = "archived" if what == "archive" else "restored"
        changed = _move(side, ids, Status.ARCHIVED if what == "archive" else Status.ACTIVE)
    elif what == "tag":
        done = "tagged"
        tag, changed = add_tag(session(), visitor(), side, ids, form.get("tag", ""))
    elif what == "untag":
        done, tag = "untagged", form.get("tag", "")
        changed = remove_tag(session(), visitor(), side, ids, tag)
    else:
        raise InvalidValueError("do", "several.choose")
    undo = undo_of_several(side, done, tag, changed) if changed else None
    said = f"several_{done}" if changed else "unchanged"
    if wants_json():
        return jsonify(said=translate(OUTCOMES[said]), key=said, undo=undo)
    if form.get("back") == "row":
        return back(f"{PATHS[side]}/{ids[0]}", said, undo=undo)
    return back(PATHS[side], said, undo=undo, **_kept())


def undo_several(token: str) -> str | None:
    """Take back what the token names; where to look at it. None: it is no such token."""
    named = read_several(token)
    if named is None:
        return None
    side, done, tag, ids = named
    if done in ("archived", "restored"):
        _move(side, ids, Status.ACTIVE if done == "archived" else Status.ARCHIVED)
    elif done == "tagged":
        remove_tag(session(), visitor(), side, ids, tag)
    else:
        add_tag(session(), visitor(), side, ids, tag)
    return PATHS[side]


def copied_id() -> int | None:
    """Which row the form of a new one is to be filled from."""
    raw = request.args.get("copy", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def _move(side: Side, ids: list[int], status: Status) -> list[int]:
    rows = move_several(session(), visitor(), side, ids, status)
    for row in rows:
        if side is Side.LEAD:
            rescore_lead(row)
        else:
            rescore_property(row)
    return [row.id for row in rows]


def _asked() -> Asked:
    args = request.args
    errors: dict[str, str] = {}
    source = named_source()
    size = args.get("size", "")
    wanted = BaseFilter(
        words=_text("q") or "",
        status=chosen(Status, "status"),
        city_key=_text("town"),
        deal_type=chosen(DealType, "deal"),
        rooms=_read(args, "rooms", read_rooms, errors) or [],
        price_from=_read(args, "from", lambda text: read_amount(text, end=Bound.LOW), errors),
        price_to=_read(args, "to", lambda text: read_amount(text, end=Bound.HIGH), errors),
        tag=_text("tag"),
        source_id=source.id if source else None,
        order=chosen(BaseOrder, "sort") or BaseOrder.NEWEST,
    )
    return Asked(wanted, errors, int(size) if size in map(str, SIZES) else PER_PAGE)


def _text(name: str) -> str | None:
    """A text of the address; the database holds no zero bytes, so that none is looked for."""
    return request.args.get(name, "").strip()[:300].replace("\0", "") or None


def _read(args: MultiDict, name: str, read: Any, errors: dict[str, str]) -> Any:
    text = args.get(name, "").strip()
    try:
        return read(text) if text else None
    except UnreadableError as error:
        errors[name] = translate_error(error)
        return None


def _query() -> dict[str, str]:
    """What the address asks, without what belongs to one view of it."""
    return {name: value for name, value in request.args.items() if value and name in FILTERS and name != "page"}


def _kept() -> dict[str, str]:
    """The filter that the list had: it is seen again behind what was done with its rows."""
    return {name: value for name, value in parse_qsl(request.form.get("was", "")[:2000]) if name in FILTERS}
