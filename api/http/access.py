"""Access control: every operation declares by a decorator who may call it; the application refuses to start otherwise.

The check runs before the request is parsed, so callers without access learn nothing about a body's schema.

    @public              anybody
    @signed_in           any active user
    @signed_in_by_query  likewise, checked by the view's own query
    @for_roles(...)      active users of these roles
    @proved_by(check)    whoever passes *check*, e.g. an API key
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any, cast

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from api.http.db import session
from api.http.mini_app import claims_of_mini_app
from api.http.operations import Access, OperationFacts, View, facts_of, facts_of_request, view_of, with_facts
from api.http.request_state import current
from api.http.services import services
from models.accounts.tokens import REFUSED, Claims, claims_of, make_token, user_of_claims, user_of_token
from models.accounts.users import User
from models.core.base import LARGEST_ID
from models.core.enums import Role
from models.core.errors import DomainError, InvalidValueError, NotAllowedError, NotSignedInError

#: Enough for a registration or a proof with all fields at their maximum length.
LARGEST_AUTH_BODY = 16 << 10  # bytes
#: The last token that a browser received; the cookie outlives the token.
DEVICE_COOKIE = "leadmatch_device"


def public(view: View) -> View:
    """Anybody may call this."""
    return with_facts(view, access=Access("anyone", None, lambda: None))


def auth_attempt(view: View) -> View:
    """Registration or sign-in: attempts are counted by address before the body is read, and the body must be small.

    Requests with invalid bodies are counted as well, and no request costs more than reading LARGEST_AUTH_BODY. Apply it
    below the access decorator.
    """
    return with_facts(view, is_auth_attempt=True, largest_body=LARGEST_AUTH_BODY)


def signed_in(view: View) -> View:
    """Any active user may call this."""
    return with_facts(view, access=Access("user", "token", sign_in))


def signed_in_by_query(view: View) -> View:
    """Any active user may call this; the view's own query checks that the user is active.

    It is for the most frequent reads, in which a separate query for the caller would be a third of the total time.
    Before the view, only the token's signature and times are checked. The view passes `claims()` to a domain operation,
    which checks them against the database in its single statement (`models.accounts.tokens.token_is_valid`). A 401
    takes precedence over every other error here too.
    """

    @functools.wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except (HTTPException, DomainError):
            sign_in()
            raise

    return cast(View, with_facts(answer, access=Access("user", "token", claims, leaves_to_view=True)))


def for_roles(*roles: Role) -> Callable[[View], View]:
    """Active users of these roles may call this."""

    def check() -> None:
        if sign_in().role not in roles:
            raise NotAllowedError("access.wrong_role")

    def mark(view: View) -> View:
        return with_facts(view, access=Access(", ".join(sorted(roles)), "token", check, may_forbid=True))

    return mark


def proved_by(check: Callable[[], None], *, name: str, scheme: str, **facts: bool) -> Callable[[View], View]:
    """Callers who pass *check* may call this; it raises NotSignedInError or NotAllowedError. *facts*: see Access."""

    def mark(view: View) -> View:
        return with_facts(view, access=Access(name, scheme, check, **facts))

    return mark


def sign_in() -> User:
    """The user of the request's bearer token or Mini App; raises NotSignedInError."""
    state = current()
    if state.user is None:
        token_claims = claims()
        state.user = state.user or user_of_claims(session(), token_claims)
    return state.user


def token_user() -> User | None:
    """The user of a token sent beside a proof to a public operation; None without a valid one."""
    with contextlib.suppress(NotSignedInError):
        scheme, token = _authorization()
        return None if scheme != "bearer" else user_of_token(session(), token, services().settings.secret_key)
    return None


def device() -> str | None:
    """
    The `jti` of a token of ours, valid or expired, from the Authorization header or from the cookie that the pages keep
    for a year. It grants no access; it distinguishes a user's own device from others (models.accounts.sessions).
    """
    for token in (request.headers.get("Authorization", "").partition(" ")[2], request.cookies.get(DEVICE_COOKIE, "")):
        with contextlib.suppress(NotSignedInError):
            return claims_of(token.strip(), services().settings.secret_key).jti
    return None


def client_name() -> str | None:
    """The client's User-Agent."""
    return "".join(sign for sign in request.headers.get("User-Agent", "") if sign.isprintable())[:200] or None


def claims() -> Claims:
    """
    The claims of the request's proof: those of a bearer token whose signature and times have been checked, or what
    Telegram signed for a Mini App (`Authorization: tma ...`). Raises NotSignedInError, or TooManyError if Mini Apps
    create too many new accounts.
    """
    state = current()
    if state.claims is None:
        scheme, proof = _authorization()
        if scheme == "tma":
            state.user, state.claims = claims_of_mini_app(proof)
        elif scheme == "bearer":
            state.claims = claims_of(proof, services().settings.secret_key)
        else:
            raise NotSignedInError(REFUSED)
        state.caller = f"user:{state.claims.user_id}"
    return state.claims


def bearer_token() -> str:
    """
    The token of the Authorization header. A Mini App has no token, so this creates a new one for its user. Raises
    NotSignedInError.
    """
    scheme, proof = _authorization()
    if scheme == "tma":
        settings = services().settings
        return make_token(sign_in(), settings.secret_key, settings.token_hours)
    if scheme != "bearer":
        raise NotSignedInError(REFUSED)
    return proof


def _authorization() -> tuple[str, str]:
    """
    The scheme, in lower case, and the credentials of the Authorization header; raises NotSignedInError without one.
    """
    scheme, _, proof = request.headers.get("Authorization", "").partition(" ")
    if not proof.strip():
        raise NotSignedInError(REFUSED)
    return scheme.lower(), proof.strip()


def current_user() -> User:
    """The caller, in an operation for users; raises NotSignedInError in others."""
    user = current().user
    if user is None:
        raise NotSignedInError(REFUSED)
    return user


def caller() -> str | None:
    """A name of the caller for limits and logs, if the access check has identified one: "user:7", "key:3"."""
    return current().caller


def refuse_remote_callers() -> None:
    """Before every request, if ENVIRONMENT is not set: refuse callers outside this machine; see Settings."""
    if services().settings.is_environment_set:
        return
    seen = [request.remote_addr or "", *request.headers.get("X-Forwarded-For", "").split(",")]
    if not all(_is_this_machine(address.strip()) for address in seen):
        raise NotAllowedError("environment.not_set")


def _is_this_machine(address: str) -> bool:
    try:
        return not address or ip_address(address).is_loopback
    except ValueError:
        return False


def check_access() -> None:
    """Before every request: refuse callers without access, then ids that cannot exist."""
    if request.url_rule is None or request.method == "OPTIONS":
        return  # an unknown path answers 404 or 405; OPTIONS reveals no data
    facts = facts_of_request()
    current().only_reads = facts.only_reads
    if facts.access is None:
        raise RuntimeError(f"{request.endpoint} does not declare who may call it")
    facts.access.check()
    for name, value in (request.view_args or {}).items():
        if isinstance(value, int) and value > LARGEST_ID:
            if facts.access.leaves_to_view:
                sign_in()
            raise InvalidValueError(name, "id.too_large", location="path")


def operations(app: Flask) -> Iterator[tuple[str, str, OperationFacts]]:
    """(method, path, facts) of every operation that *app* serves."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, facts_of(view_of(app.view_functions[rule.endpoint], method))


def check_all_declared(app: Flask) -> None:
    """Refuse to start with an operation that does not declare who may call it."""
    silent = [f"{method} {path}" for method, path, facts in operations(app) if facts.access is None]
    if silent:
        raise RuntimeError(f"these operations do not declare who may call them: {', '.join(silent)}")
