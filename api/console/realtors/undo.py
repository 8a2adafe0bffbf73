"""Undo the last action, from its toast or note."""

from flask import Response, jsonify, request

from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import OUTCOMES, translate
from api.console.kit.pages import back, page_blueprint, wants_json
from api.console.kit.undo_tokens import TOKEN
from api.console.realtors.documents import undo_document
from api.console.realtors.own_base import undo_for_selected
from api.console.realtors.photos import undo_photo
from api.http.db import session
from api.http.tasks import rescore_lead, rescore_pair, rescore_property
from models.agenda.tasks import undo_task_change
from models.core.enums import Side
from models.core.errors import NotFoundError
from models.deals.completion import undo_own_completion
from models.deals.undoing import undo_action
from models.market.leads import owned_lead, restore_lead
from models.market.properties import owned_property, restore_property

blp = page_blueprint("undo")


@blp.post("/console/undo")
@page_for()
def undo() -> Response:
    page = _undo(request.form.get("what", ""))
    if wants_json():
        return jsonify(message=translate(OUTCOMES["undone"]), key="undone")
    return back(page, "undone")


def _undo(token: str) -> str:
    """Undo the action that the token names; returns where to see it."""
    if (path := undo_for_selected(token) or undo_photo(token)) is not None:
        return path
    match = TOKEN.fullmatch(token)
    if match is None:
        raise NotFoundError("action to undo")
    kind, row_id, side_word, lead_id, property_id = match.groups()
    if side_word:
        side = Side(side_word)
        undo_action(session(), visitor(), side, lead_id=int(lead_id), property_id=int(property_id))
        return f"/console/leads/{lead_id}" if side is Side.LEAD else f"/console/properties/{property_id}"
    if kind == "match":
        rescore_pair(undo_own_completion(session(), visitor(), int(row_id)))
        return f"/console/matches/{row_id}"
    if kind == "task":
        undo_task_change(session(), visitor(), int(row_id))
        return "/console/tasks"
    if kind == "document":
        return undo_document(int(row_id))
    if kind == "lead":
        lead = owned_lead(session(), visitor(), int(row_id), lock=True)
        restore_lead(session(), lead)
        rescore_lead(lead)
        return f"/console/leads/{row_id}"
    listing = owned_property(session(), visitor(), int(row_id), lock=True)
    restore_property(session(), listing)
    rescore_property(listing)
    return f"/console/properties/{row_id}"
