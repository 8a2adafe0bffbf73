"""Webhooks of users with leads or properties: add, change, test, and the log with replays."""

from datetime import timedelta
from typing import Any

from flask import Response, render_template, request
from marshmallow import ValidationError

from api.console.kit import form_keys
from api.console.kit.access import page_for, visitor
from api.console.kit.forms import check_complete, pressed_button
from api.console.kit.i18n import translate_error, translate_fault
from api.console.kit.pages import back, chosen, listed, page_blueprint
from api.http.db import session
from api.http.services import services
from api.webhooks.schemas import SUBSCRIBED, NewWebhook, WebhookChange
from models.core.base import database_now
from models.core.enums import SUPPLY_ROLES
from models.core.errors import ConflictError, InvalidValueError
from models.webhooks.delivery_log import LOG_KEPT, deliveries_of, replay, replay_failed
from models.webhooks.endpoints import (
    MAX_ENDPOINTS,
    ROLES_OF_TYPES,
    add_endpoint,
    change_endpoint,
    delete_endpoint,
    endpoints_of,
    owned_endpoint,
    rotate_secret,
    send_test,
)
from models.webhooks.tables import DeliveryState, Endpoint, EventType

blp = page_blueprint("webhooks")

for_owners = page_for(*SUPPLY_ROLES)

PER_PAGE = 30
#: The event types that are preselected for a new webhook.
USUAL = [EventType.RECOMMENDATION_CREATED, EventType.MATCH_CREATED, EventType.INQUIRY_CREATED]


@blp.get("/console/webhooks")
@for_owners
def all_webhooks() -> str:
    return _list({}, {"types": USUAL, "min_score": 85})


@blp.post("/console/webhooks")
@for_owners
def add() -> str | tuple[str, int]:
    """Add a webhook; only this answer shows its secret."""
    try:
        fields = NewWebhook().load(_typed())
        form_keys.refuse_saved_form("url")
        endpoint = add_endpoint(session(), visitor(), fields, allow_private=_allows_private())
    except (ValidationError, InvalidValueError, ConflictError) as error:
        return _list(_faults(error), request.form | {"types": request.form.getlist("types")}), 400
    session().refresh(endpoint)
    form_keys.keep(f"/console/webhooks/{endpoint.id}")
    return _one(endpoint, secret=endpoint.secret)


@blp.get("/console/webhooks/<int:webhook_id>")
@for_owners
def webhook_page(webhook_id: int) -> str:
    return _one(owned_endpoint(session(), visitor(), webhook_id))


@blp.post("/console/webhooks/<int:webhook_id>")
@for_owners
def change(webhook_id: int) -> Response | tuple[str, int]:
    endpoint = owned_endpoint(session(), visitor(), webhook_id, lock=True)
    try:
        fields = WebhookChange().load(_typed())
        change_endpoint(session(), visitor(), endpoint, fields, allow_private=_allows_private())
    except (ValidationError, InvalidValueError) as error:
        session().rollback()
        endpoint = owned_endpoint(session(), visitor(), webhook_id)
        return _one(endpoint, errors=_faults(error), given=request.form | {"types": request.form.getlist("types")}), 400
    return back(f"/console/webhooks/{webhook_id}", "saved")


@blp.post("/console/webhooks/<int:webhook_id>/switch")
@for_owners
def switch(webhook_id: int) -> Response:
    endpoint = owned_endpoint(session(), visitor(), webhook_id, lock=True)
    change_endpoint(session(), visitor(), endpoint, {"is_enabled": pressed_button("on", "off", name="to") == "on"})
    return back(f"/console/webhooks/{webhook_id}", "changed")


@blp.post("/console/webhooks/<int:webhook_id>/secret")
@for_owners
def secret(webhook_id: int) -> str:
    """Rotate the secret; only this answer shows the new one."""
    endpoint = owned_endpoint(session(), visitor(), webhook_id, lock=True)
    new = rotate_secret(session(), endpoint)
    session().refresh(endpoint)
    return _one(endpoint, secret=new)


@blp.post("/console/webhooks/<int:webhook_id>/test")
@for_owners
def test(webhook_id: int) -> Response | tuple[str, int]:
    endpoint = owned_endpoint(session(), visitor(), webhook_id, lock=True)
    return _sent(endpoint, lambda: send_test(session(), endpoint), "webhook_test")


@blp.post("/console/webhooks/<int:webhook_id>/replay")
@for_owners
def replay_all(webhook_id: int) -> Response | tuple[str, int]:
    """Send all failed deliveries in the log again."""
    endpoint = owned_endpoint(session(), visitor(), webhook_id, lock=True)
    since = database_now(session()) - LOG_KEPT - timedelta(days=1)
    return _sent(endpoint, lambda: replay_failed(session(), endpoint, since), "webhook_replay")


@blp.post("/console/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay")
@for_owners
def replay_one(webhook_id: int, delivery_id: int) -> Response | tuple[str, int]:
    endpoint = owned_endpoint(session(), visitor(), webhook_id, lock=True)
    return _sent(endpoint, lambda: replay(session(), endpoint, delivery_id), "webhook_replay")


@blp.post("/console/webhooks/<int:webhook_id>/delete")
@for_owners
def delete(webhook_id: int) -> Response:
    delete_endpoint(session(), owned_endpoint(session(), visitor(), webhook_id, lock=True))
    return back("/console/webhooks", "webhook_removed")


def _sent(endpoint: Endpoint, send: Any, outcome: str) -> Response | tuple[str, int]:
    try:
        send()
    except ConflictError as error:
        session().rollback()
        return _one(owned_endpoint(session(), visitor(), endpoint.id), errors=_faults(error)), 409
    return back(f"/console/webhooks/{endpoint.id}", outcome)


def _typed() -> dict[str, Any]:
    """The request body that a form represents."""
    check_complete("url", "name", "min_score")
    return {
        "url": request.form.get("url", ""),
        "name": request.form.get("name", "").strip() or None,
        "types": request.form.getlist("types"),
        "min_score": request.form.get("min_score", "").strip(),
    }


def _faults(error: ValidationError | InvalidValueError | ConflictError) -> dict[str, str]:
    """Errors by the form's field; "" for errors of no field."""
    if isinstance(error, ValidationError):
        messages = error.messages if isinstance(error.messages, dict) else {}
        return {name: translate_fault(_first(faults)) for name, faults in messages.items()}
    return {error.field if isinstance(error, InvalidValueError) else "": translate_error(error)}


def _first(faults: Any) -> str:
    """The first fault, however deeply nested."""
    while not isinstance(faults, str):
        faults = next(iter(faults.values() if isinstance(faults, dict) else faults))
    return faults


def _list(errors: dict[str, str], given: Any) -> str:
    rows, pager = listed(endpoints_of(visitor()), PER_PAGE)
    return render_template(
        "console/account/webhooks.html",
        webhooks=rows,
        errors=errors,
        given=given,
        types=_types(),
        is_full=pager["total"] >= MAX_ENDPOINTS,
        **pager,
    )


def _one(
    endpoint: Endpoint, *, secret: str | None = None, errors: dict[str, str] | None = None, given: Any = None
) -> str:
    state = chosen(DeliveryState, "status")
    rows, pager = listed(deliveries_of(endpoint, state), PER_PAGE)
    return render_template(
        "console/account/webhook.html",
        webhook=endpoint,
        secret=secret,
        errors=errors or {},
        given=given or endpoint,
        types=_types(),
        deliveries=rows,
        states=list(DeliveryState),
        state=state,
        now=database_now(session()),
        **pager,
    )


def _types() -> list[EventType]:
    """The event types that the visitor may subscribe to."""
    return [each for each in SUBSCRIBED if visitor().role in ROLES_OF_TYPES.get(each, (visitor().role,))]


def _allows_private() -> bool:
    return services().settings.webhook_private_addresses
