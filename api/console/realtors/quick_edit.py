"""Edit a row in its list: price or upper budget, status, tags."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from api.console.kit.access import page_for, visitor
from api.console.kit.forms import check_complete
from api.console.kit.i18n import OUTCOMES, translate
from api.console.kit.pages import back, page_blueprint, wants_json
from api.console.realtors.base_views import PATHS
from api.console.realtors.own_base import current_filter
from api.http.db import session
from api.http.tasks import rescore_lead, rescore_property
from models.core.amount_words import Bound
from models.core.amounts import read_amount
from models.core.base import MAX_MONEY
from models.core.enums import SUPPLY_ROLES, Side, Status
from models.core.errors import ConflictError, InvalidValueError
from models.core.numbers import UnreadableError
from models.market.leads import Lead, archive_lead, owned_lead, restore_lead
from models.market.properties import Property, archive_property, owned_property, restore_property
from models.market.tags import set_tags

blp = page_blueprint("quick_edit")


@blp.post("/console/leads/<int:row_id>/quick")
@page_for(*SUPPLY_ROLES)
def lead(row_id: int) -> Response:
    lead = owned_lead(session(), visitor(), row_id, lock=True)
    _check_version(lead)
    amount = _amount(lead)
    if amount is not None and lead.budget_min is not None and amount < lead.budget_min:
        raise InvalidValueError("amount", "range.reversed")
    lead.budget_max = amount
    _set_status(lead, archive_lead, restore_lead)
    set_tags(session(), visitor(), Side.LEAD, row_id, request.form["tags"].split(","))
    rescore_lead(lead)
    return _answer(Side.LEAD)


@blp.post("/console/properties/<int:row_id>/quick")
@page_for(*SUPPLY_ROLES)
def listing(row_id: int) -> Response:
    listing = owned_property(session(), visitor(), row_id, lock=True)
    _check_version(listing)
    amount = _amount(listing)
    if amount is None:
        raise InvalidValueError("amount", "value.required")
    listing.price = amount
    _set_status(listing, archive_property, restore_property)
    set_tags(session(), visitor(), Side.PROPERTY, row_id, request.form["tags"].split(","))
    rescore_property(listing)
    return _answer(Side.PROPERTY)


def _check_version(row: Lead | Property) -> None:
    """Refuse to overwrite another window's change that the visitor has not seen."""
    check_complete("version", "amount", "status", "tags")
    if request.form.get("version") != str(row.version):
        raise ConflictError("row.changed_meanwhile")


def _amount(row: Lead | Property) -> Decimal | None:
    """The form's amount in the row's currency; None if the field is empty. Raises InvalidValueError."""
    text = request.form.get("amount", "").strip()
    if not text:
        return None
    try:
        read = read_amount(text, end=Bound.HIGH)
    except UnreadableError as error:
        raise error.at("amount") from None
    if read.currency and read.currency != row.currency:
        raise InvalidValueError("amount", "several.other_currency", currency=row.currency)
    if read.value > MAX_MONEY:
        raise InvalidValueError("amount", "number.above_max", max=MAX_MONEY)
    return read.value


def _set_status(row: Any, archive: Callable[[Session, Any], object], restore: Callable[[Session, Any], object]) -> None:
    requested = request.form.get("status", "")
    if requested not in list(Status):
        raise InvalidValueError("status", "several.choose")
    if requested != row.status:
        (archive if requested == Status.ARCHIVED else restore)(session(), row)
    session().flush()


def _answer(side: Side) -> Response:
    done = "saved"
    if wants_json():
        return jsonify(message=translate(OUTCOMES[done]), key=done)
    return back(PATHS[side], done, **current_filter())
