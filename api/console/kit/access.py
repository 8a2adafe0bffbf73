"""Access to pages: a cookie holds the access token, and every POST must prove that one of our own pages sent it.

The JSON API ignores the cookie, so a page of another site cannot make a browser call it as a user. In the console, a
request that changes something needs a token that such a page cannot know: an HMAC, with the server's key, of the
browser's own cookie (the synchronizer token of OWASP's CSRF cheat sheet, without a table).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import TypeVar

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from api.http.access import DEVICE_COOKIE
from api.http.db import session
from api.http.operations import Access, View, with_facts
from api.http.request_state import current
from api.http.services import services
from models.accounts.sessions import KNOWN_FOR
from models.accounts.tokens import REFUSED, user_of_token
from models.accounts.users import User
from models.core.enums import Role
from models.core.errors import NotAllowedError, NotSignedInError

SESSION_COOKIE = "leadmatch_session"
#: Before signing in there is no session to bind a form's token to; the token is bound to this random number instead.
GUEST_COOKIE = "leadmatch_guest"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
#: Flask's own responses and those of `flask.redirect`.
Answer = TypeVar("Answer", bound=AnyResponse)
SAFE = ("GET", "HEAD", "OPTIONS")


def public_page(view: View) -> View:
    """Anybody may open this page; a signed-in visitor is identified."""
    return with_facts(view, access=Access("page: anyone", None, _check_visitor))


def page_for(*roles: Role) -> Callable[[View], View]:
    """Signed-in users of these roles may open this page; without roles, all of them."""

    def check() -> None:
        user = _visitor()
        if user is None:
            raise NotSignedInError(REFUSED)
        if roles and user.role not in roles:
            raise NotAllowedError("page.not_for_role")
        _check_csrf()

    def mark(view: View) -> View:
        return with_facts(view, access=Access(f"page: {', '.join(sorted(roles)) or 'user'}", None, check))

    return mark


def visitor() -> User:
    """The signed-in user; raises NotSignedInError without one."""
    user = visitor_or_none()
    if user is None:
        raise NotSignedInError(REFUSED)
    return user


def visitor_or_none() -> User | None:
    """The signed-in user on a page that anybody may open, or None."""
    return current().user


def csrf_token() -> str:
    """The token for the forms of this answer: the proof, masked with a random value that differs in every answer.

    Answers are compressed and may repeat text from the address, so the proof itself could be guessed letter by letter
    from their lengths (BREACH); a changing mask prevents that.
    """
    state = current()
    if state.csrf is None:
        basis = request.cookies.get(SESSION_COOKIE) if visitor_or_none() else _guest()
        mask = secrets.token_bytes(hashlib.sha256().digest_size)
        state.csrf = mask.hex() + _xor(mask, _proof(basis or "")).hex()
    return state.csrf


def set_session_cookie(response: Answer, token: str) -> Answer:
    """Sign in: set the session cookie."""
    _set_cookie(response, SESSION_COOKIE, token, services().settings.token_hours * 3600)
    _set_cookie(response, DEVICE_COOKIE, token, int(KNOWN_FOR.total_seconds()))
    response.delete_cookie(GUEST_COOKIE, path="/")
    return response


def delete_session_cookie(response: Response) -> Response:
    """Sign out: delete the session cookie."""
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


def set_guest_cookie(response: Response) -> Response:
    """After a request: set the cookie to which the forms of a guest's page are bound."""
    made = current().new_guest
    if made:
        _set_cookie(response, GUEST_COOKIE, made, 24 * 3600)
    return response


def set_preference(response: Response, name: str, value: str) -> None:
    """Store a visitor's choice of theme or language for a year; it is not secret and identifies nobody."""
    _set_cookie(response, name, value, 365 * 24 * 3600)


def _check_visitor() -> None:
    _visitor()
    _check_csrf()


def _visitor() -> User | None:
    state = current()
    if state.user is None:
        token = request.cookies.get(SESSION_COOKIE)
        if not token:
            return None
        try:
            state.user = user_of_token(session(), token, services().settings.secret_key)
        except NotSignedInError:
            return None
        state.caller = f"user:{state.user.id}"
    return state.user


def _check_csrf() -> None:
    if request.method in SAFE:
        return
    basis = request.cookies.get(SESSION_COOKIE if visitor_or_none() else GUEST_COOKIE, "")
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not basis or not hmac.compare_digest(_proof(basis), _unmasked(given)):
        raise NotAllowedError("form.outdated")


def _proof(basis: str) -> bytes:
    secret = services().settings.secret_key
    return hmac.digest(secret.encode(), b"console-csrf:" + basis.encode(), hashlib.sha256)


def _unmasked(token: str) -> bytes:
    """The proof in a token; empty if the token is malformed."""
    try:
        both = bytes.fromhex(token)
    except ValueError:
        return b""
    return _xor(both[: len(both) // 2], both[len(both) // 2 :]) if len(both) % 2 == 0 else b""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _guest() -> str:
    known = request.cookies.get(GUEST_COOKIE)
    if known:
        return known
    state = current()
    if state.new_guest is None:
        state.new_guest = secrets.token_urlsafe(24)
    return state.new_guest


def _set_cookie(response: AnyResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="Lax",
        secure=services().settings.is_production,
        path="/",
    )
