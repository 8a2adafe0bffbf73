"""Operations on endpoints, by their owner: add, list, change, remove, rotate the secret, send a test."""

import ipaddress
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import ADVERTISING_ROLES, ENGINE_ROLES, SUPPLY_ROLES, Role
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.core.public_addresses import is_public
from models.webhooks.delivery_log import has_pending_test
from models.webhooks.errors import TooManyEndpointsError
from models.webhooks.events import store_events
from models.webhooks.signing import new_secret
from models.webhooks.tables import Delivery, DisabledReason, Endpoint, EventType

MAX_ENDPOINTS = 10  # of one owner
#: How long the previous secret continues to sign after a rotation.
OLD_SECRET_VALID = timedelta(hours=24)
MAX_URL = 2000  # characters

#: Types that only users of some roles may subscribe to; all others are open to everybody.
ROLES_OF_TYPES: dict[EventType, Collection[Role]] = {
    EventType.RUN_FINISHED: ENGINE_ROLES,
    EventType.PROSPECT_CREATED: ADVERTISING_ROLES,
    EventType.IMPORT_FINISHED: SUPPLY_ROLES,
}


def add_endpoint(session: Session, owner: User, fields: Mapping[str, Any], *, allow_private: bool = False) -> Endpoint:
    """Add an endpoint of the owner's, with a new secret.

    Args:
        fields: `url` and `types`; `name`, `min_score` and `is_enabled` may be left out.
        allow_private: Accept addresses in a private network, and http.
    Raises:
        InvalidValueError: Events cannot be sent to the address, or an event type is never sent to this owner.
        TooManyEndpointsError: The owner has :data:`MAX_ENDPOINTS`.
    """
    session.execute(select(User.id).where(User.id == owner.id).with_for_update())  # serialises simultaneous calls
    count = session.scalar(select(func.count()).select_from(Endpoint).where(Endpoint.owner_id == owner.id)) or 0
    if count >= MAX_ENDPOINTS:
        raise TooManyEndpointsError(max=MAX_ENDPOINTS)
    endpoint = Endpoint(owner_id=owner.id, secret=new_secret(), is_enabled=True)
    _change(endpoint, owner, fields, allow_private)
    session.add(endpoint)
    session.flush()
    return endpoint


def change_endpoint(
    session: Session, owner: User, endpoint: Endpoint, fields: Mapping[str, Any], *, allow_private: bool = False
) -> None:
    """
    Change the fields in *fields*; otherwise like :func:`add_endpoint`.

    If an endpoint is switched on again or its address changes, deliveries to it are attempted at once.
    """
    _change(endpoint, owner, fields, allow_private)
    session.flush()


def owned_endpoint(session: Session, owner: User, endpoint_id: int, *, lock: bool = False) -> Endpoint:
    """One of the owner's endpoints; raises NotFoundError if it is absent or somebody else's."""
    query = select(Endpoint).where(Endpoint.id == endpoint_id, Endpoint.owner_id == owner.id)
    endpoint = session.scalar(query.with_for_update(key_share=True) if lock else query)
    if endpoint is None:
        raise NotFoundError("webhook")
    return endpoint


def endpoints_of(owner: User) -> Select[Endpoint]:
    """The owner's endpoints, newest first."""
    return select(Endpoint).where(Endpoint.owner_id == owner.id).order_by(Endpoint.id.desc())


def delete_endpoint(session: Session, endpoint: Endpoint) -> None:
    """Remove an endpoint with its log."""
    session.delete(endpoint)
    session.flush()


def rotate_secret(session: Session, endpoint: Endpoint) -> str:
    """Give an endpoint a new secret, and return it. The current one signs for a day longer; older ones stop at once."""
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, database_now(session) + OLD_SECRET_VALID
    endpoint.secret = new_secret()
    session.flush()
    return endpoint.secret


def send_test(session: Session, endpoint: Endpoint) -> Delivery:
    """
    Queue a `webhook.test` for an endpoint.

    Raises:
        ConflictError: The endpoint is switched off, or the previous test has not been delivered yet.
    """
    if not endpoint.is_enabled:
        raise ConflictError("webhook.disabled")
    if has_pending_test(session, endpoint.id):
        raise ConflictError("webhook.test_pending")
    facts = {"webhook_id": str(endpoint.id)}
    [event_id] = store_events(
        session, EventType.WEBHOOK_TEST, [(f"webhook:{endpoint.id}", facts)], endpoint.owner_id, [endpoint.id]
    )
    return session.scalars(select(Delivery).where(Delivery.event_id == event_id)).one()


def check_url(text: str, *, allow_private: bool = False) -> str:
    """
    Check that events can be sent to the address, and return it.

    Names are not resolved here, but each time that an event is sent.

    Raises:
        InvalidValueError: It is not an https address of a public host, or contains a password or a fragment.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidValueError("url", "source.not_an_address") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not host or port == 0 or len(url) > MAX_URL:
        raise InvalidValueError("url", "webhook.write_url")
    if parts.username or parts.password:
        raise InvalidValueError("url", "source.address_with_password")
    if parts.fragment or not url.isprintable() or any(sign.isspace() for sign in url):
        raise InvalidValueError("url", "webhook.odd_url")
    try:
        host.encode("idna")
    except UnicodeError:
        raise InvalidValueError("url", "source.not_an_address") from None
    if not allow_private and _is_private(host):
        raise InvalidValueError("url", "webhook.private_url")
    return url


def _is_private(host: str) -> bool:
    try:
        return not is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        name = host.rstrip(".").lower()
        return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))


def _change(endpoint: Endpoint, owner: User, fields: Mapping[str, Any], allow_private: bool) -> None:
    if "url" in fields:
        endpoint.url = check_url(fields["url"], allow_private=allow_private)
    if "types" in fields:
        endpoint.types = _checked_types(owner, fields["types"])
    for name in {"name", "min_score"} & set(fields):
        setattr(endpoint, name, fields[name])
    if "is_enabled" in fields:
        endpoint.disabled_reason = None if fields["is_enabled"] else endpoint.disabled_reason or DisabledReason.OWNER
        endpoint.is_enabled = fields["is_enabled"]
    if fields.get("is_enabled") or "url" in fields:
        endpoint.failures, endpoint.paused_until = 0, None


def _checked_types(owner: User, types: Collection[EventType]) -> list[str]:
    if not types:
        raise InvalidValueError("types", "webhook.no_types")
    for type_ in types:
        if type_ is EventType.WEBHOOK_TEST:
            raise InvalidValueError("types", "webhook.test_is_sent_anyway")
        if owner.role not in ROLES_OF_TYPES.get(type_, (owner.role,)):
            raise InvalidValueError("types", "webhook.type_of_others", type=type_.value)
    return sorted({type_.value for type_ in types})
