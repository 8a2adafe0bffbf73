"""The landing page; sign-in by password, SMS code, e-mail link or Telegram; sign-out; theme and language."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request

from api.accounts import auth, portal_auth
from api.accounts.auth import audit_sign_in, new_token, user_by_password
from api.accounts.portal_auth import send_code, user_by_code
from api.accounts.recovery import send_link, user_of_link
from api.console.kit import access
from api.console.kit.access import SESSION_COOKIE, page_for, public_page, visitor, visitor_or_none
from api.console.kit.i18n import LANGUAGES, translate, translate_error
from api.console.kit.own_address import own_address
from api.console.kit.pages import THEMES, back, home_of, page_blueprint
from api.http.access import auth_attempt
from api.http.db import session
from api.http.limits import address
from api.http.services import services
from models.accounts.audit import record
from models.accounts.codes import activate, use_code
from models.accounts.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from models.accounts.passwords import LONGEST_PASSWORD
from models.accounts.telegram import REFUSED as NOT_TELEGRAM
from models.accounts.telegram import user_of_telegram, verified
from models.accounts.users import User, normal_email, normal_phone, user_by_login
from models.core.base import database_now
from models.core.errors import InvalidValueError, NotAllowedError, NotFoundError, NotSignedInError
from models.upkeep.end_access import end_standing_access

blp = page_blueprint("sign_in")


@blp.get("/")
@public_page
def landing() -> Response | str:
    """The landing page; signed-in visitors are redirected to their first page."""
    user = visitor_or_none()
    return (
        back(home_of(user.role))
        if user
        else render_template("console/landing.html", public_search=services().settings.public_search)
    )


@blp.get("/console")
@page_for()
def first_page() -> Response:
    return back(home_of(visitor().role))


@blp.route("/console/sign-in", methods=["GET", "POST"])
@public_page
@auth_attempt
def sign_in() -> Response | str | tuple[str, int]:
    """Sign in by e-mail or phone and password."""
    if request.method == "GET":
        return _sign_in_page()
    username = request.form.get("username", "")[:254]
    user = user_by_password(username, request.form.get("password", "")[:LONGEST_PASSWORD])
    if user is None:
        return _sign_in_page(username=username, error=translate(auth.WRONG)), 401
    return _sign_in(user, "password")


@blp.route("/console/sign-in/code", methods=["GET", "POST"])
@public_page
@auth_attempt
def sign_in_by_code() -> Response | str | tuple[str, int]:
    """Sign in by a code sent by SMS: the first form requests it, the second checks it."""
    if request.method == "GET":
        return _sign_in_page(method="code")
    raw, code = request.form.get("phone", "")[:40], request.form.get("code", "").strip()[:20]
    try:
        phone = normal_phone(raw)
    except InvalidValueError as error:
        return _sign_in_page(method="code", phone=raw, error=translate_error(error)), 400
    if not code:
        return _sign_in_page(method="code", phone=phone, code_sent=True, shown_code=send_code(phone))
    user = user_proven_by_code(phone, code)
    if user is None:
        return _sign_in_page(method="code", phone=phone, code_sent=True, error=translate(portal_auth.WRONG)), 401
    return _sign_in(user, "sms")


@blp.route("/console/sign-in/email", methods=["GET", "POST"])
@public_page
@auth_attempt
def sign_in_by_email() -> Response | str | tuple[str, int]:
    """
    Sign in by a link sent by e-mail. It opens a page with one button, so that programs that follow links do not use it
    up.
    """
    link = request.values.get("link", "")[:64]
    if request.method == "GET":
        return render_template("console/sign_in_email.html", link=link)
    if link:
        try:
            return _sign_in(user_of_link(link, visitor_or_none()), "email")
        except NotSignedInError as error:
            return render_template("console/sign_in_email.html", error=translate_error(error)), 401
    try:
        shown_link = send_link(normal_email(request.form.get("email", "")[:254]))
    except InvalidValueError as error:
        return render_template("console/sign_in_email.html", error=translate_error(error)), 400
    return render_template("console/sign_in_email.html", sent=True, shown_link=shown_link)


@blp.route("/console/sign-in/telegram", methods=["GET", "POST"])
@public_page
@auth_attempt
def sign_in_by_telegram() -> Response | str | tuple[str, int]:
    """Sign in by Telegram's signature. It arrives in the address's fragment, which a script of ours posts."""
    bot_token = services().settings.telegram_bot_token
    if not bot_token:
        raise NotFoundError("page")
    if request.method == "GET":
        return render_template("console/telegram.html", next=next_page())
    try:
        proof = _telegram_fields(request.form.get("result", ""))
        telegram_user = verified(proof, bot_token, database_now(session()))
        user = user_of_telegram(session(), telegram_user, end_access=end_standing_access, own=visitor_or_none())
    except InvalidValueError:  # malformed data, which the user cannot correct
        return _sign_in_page(error=translate(NOT_TELEGRAM)), 401
    except (NotSignedInError, NotAllowedError) as error:
        return _sign_in_page(error=translate_error(error)), 401
    return _sign_in(user, "telegram")


@blp.post("/console/sign-out")
@page_for()
def sign_out() -> Response:
    """End this session: its token is void from now on, here and on the API."""
    auth.sign_out(request.cookies[SESSION_COOKIE])
    record(session(), "signed_out", actor_id=visitor().id, address=address())
    return access.delete_session_cookie(back("/console/sign-in", outcome="out"))


@blp.post("/console/look")
@public_page
def choose_theme_or_language() -> Response:
    """Store the chosen theme or language."""
    response = back(_own_page(request.form.get("next", "")) or "/")
    if request.form.get("theme") in THEMES:
        access.set_preference(response, "theme", request.form["theme"])
    if request.form.get("lang") in LANGUAGES:
        access.set_preference(response, "lang", request.form["lang"])
        user = visitor_or_none()
        if user is not None:
            user.language = request.form["lang"]
    return response


@blp.get("/console/<path:path>")
@public_page
def page_not_found(path: str) -> Response:
    raise NotFoundError("page")


def _sign_in_page(method: str = "password", error: str | None = None, **filled: Any) -> str:
    settings = services().settings
    demo = [(email, role) for email, role in DEMO_LOGINS if settings.is_local and _has_demo_login(email)]
    return render_template(
        "console/sign_in.html",
        method=method,
        error=error,
        next=next_page(),
        filled=filled,
        demo=demo,
        demo_password=DEMO_PASSWORD,
        by_phone=bool(settings.sms_gateway_url),
        by_email=settings.is_local or bool(settings.smtp_url),
        telegram=telegram_address(next_page()),
    )


def user_proven_by_code(phone: str, code: str) -> User | None:
    """
    The user whom the code proves. A registered user who was never activated is activated, because no page does only
    that.
    """
    try:
        return user_by_code(use_code, phone, code, visitor_or_none())
    except NotAllowedError:
        user = user_by_code(activate, phone, code, visitor_or_none())
        if user is None:  # somebody else has proved this phone since
            return None
        record(session(), "activated", actor_id=user.id, table_name="users", row_id=user.id, address=address())
        return user_by_code(use_code, phone, code, visitor_or_none())


def _has_demo_login(email: str) -> bool:
    user = user_by_login(session(), email)
    return user is not None and user.password_hash is not None


def _sign_in(user: User, by: str) -> Response:
    """Sign *user* in and redirect to where they were going, or to the first page of their role."""
    audit_sign_in(user, by)
    return access.set_session_cookie(back(next_page() or home_of(user.role)), new_token(user, by))


def next_page() -> str:
    """The page of ours to which the request wants to return; empty if it names none."""
    return _own_page(request.values.get("next", ""))


def _own_page(path: str) -> str:
    """A page of ours, or nothing: a link must not redirect users to another site after they sign in."""
    inside = path == "/" or path.startswith(("/console", "/homes"))
    return path if inside and "\\" not in path and "//" not in path and path.isprintable() else ""


def telegram_address(then: str = "") -> str | None:
    """
    Telegram's own sign-in page, which leads back here and on to *then*; None without a bot. It needs no script from
    Telegram, so our content policy stays strict.
    """
    bot_id = services().settings.telegram_bot_token.partition(":")[0]
    if not bot_id.isdecimal():
        return None
    origin = own_address()
    further = f"?{urlencode({'next': then})}" if then else ""
    query = {"bot_id": bot_id, "origin": origin, "return_to": f"{origin}/console/sign-in/telegram{further}"}
    return f"https://oauth.telegram.org/auth?{urlencode(query)}"


def _telegram_fields(result: str) -> dict[str, Any]:
    """The fields of ``#tgAuthResult``: JSON in URL-safe base64 without padding."""
    try:
        fields = json.loads(base64.urlsafe_b64decode(result + "=" * (-len(result) % 4)))
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidValueError("result", "telegram.not_its_fields")
    return fields
