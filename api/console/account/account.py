"""The visitor's account: identifiers, password, sessions; creating and accepting invitations."""

from typing import Any

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as RedirectResponse

from api.accounts.account_sessions import end_session, session_rows
from api.accounts.auth import new_token, replace_password
from api.accounts.identifiers import confirm_claim
from api.accounts.invitations import accepted, invited
from api.console.account.devices import device_of
from api.console.account.sign_in import telegram_address
from api.console.kit import access
from api.console.kit.access import SESSION_COOKIE, page_for, public_page, visitor
from api.console.kit.forms import pressed_button
from api.console.kit.i18n import translate, translate_error
from api.console.kit.pages import back, home_of, page_blueprint
from api.console.kit.sign_in_methods import METHOD_NAMES
from api.http.access import auth_attempt
from api.http.db import session
from api.http.services import services
from models.accounts.bot_links import is_linked, new_code, unlink
from models.accounts.identity import Claim, drop_claim, identifiers_of
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from models.accounts.tokens import claims_of
from models.accounts.users import normal_email
from models.core.enums import SUPPLY_ROLES, Role
from models.core.errors import ConflictError, InvalidValueError, NotFoundError

blp = page_blueprint("account")

#: The fault of a password that is too short or too long.
WRONG_LENGTH = "password.wrong_length"


@blp.get("/console/account")
@page_for()
def account() -> str:
    return _account()


@blp.post("/console/account/password")
@page_for()
def password() -> Response | tuple[str, int]:
    """Change the password, or set a first one; this browser stays signed in, all other sessions end."""
    new = request.form.get("new", "")
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        return _account(error=translate(WRONG_LENGTH)), 400
    try:
        replace_password(visitor(), request.form.get("old", "")[:LONGEST_PASSWORD], new)
    except InvalidValueError as error:
        return _account(error=translate_error(error)), 400
    return access.set_session_cookie(back("/console/account", "changed"), new_token(visitor(), "password"))


@blp.post("/console/account/claims")
@page_for()
def resolve_claim() -> Response | tuple[str, int]:
    """Confirm or drop suspended identifiers."""
    kind, do = request.form.get("kind", ""), request.form.get("do", "")
    if kind not in list(Claim) or do not in ("confirm", "drop"):
        raise InvalidValueError("kind", "claim.choose")
    if do == "drop":
        drop_claim(session(), visitor(), Claim(kind))
        return back("/console/account", "changed")
    try:
        confirm_claim(visitor(), Claim(kind), request.form.get("password", "")[:LONGEST_PASSWORD])
    except InvalidValueError as error:
        return _account(error=translate_error(error)), 400
    return back("/console/account", "changed")


@blp.post("/console/account/sessions/<int:session_id>")
@page_for()
def sign_out_device(session_id: int) -> Response:
    end_session(visitor(), session_id)
    return back("/console/account", "changed")


@blp.post("/console/account/telegram")
@page_for()
def connect_telegram() -> Response | str:
    """Connect the Telegram bot by a link that is shown once, or disconnect it."""
    settings = services().settings
    if pressed_button("connect", "stop") == "stop":
        unlink(session(), visitor())
        return back("/console/account", "changed")
    if not settings.telegram_bot or not settings.telegram_bot_name:
        raise NotFoundError("page")
    return _account(bot_link=f"https://t.me/{settings.telegram_bot_name}?start={new_code(session(), visitor())}")


@blp.post("/console/users/invite")
@page_for(Role.ADMIN)
def invite_somebody() -> str | tuple[str, int]:
    """Create an invitation; its link is shown once."""
    role, raw = request.form.get("role", ""), request.form.get("email", "").strip()[:254]
    if role not in list(Role):
        raise InvalidValueError("role", "role.choose")
    made = invited(visitor(), Role(role), normal_email(raw) if raw else None)
    return render_template("console/invited.html", made=made)


@blp.route("/console/invitation", methods=["GET", "POST"])
@public_page
@auth_attempt
def invitation() -> RedirectResponse | str | tuple[str, int]:
    """Accept an invitation: create an account."""
    link = request.values.get("link", "")[:64]
    if request.method == "GET":
        return render_template("console/invitation.html", link=link, filled={})
    filled = {name: request.form.get(name, "").strip()[:254] for name in ("name", "email")}
    chosen = request.form.get("password", "")
    try:
        if not filled["name"]:
            raise InvalidValueError("name", "value.required")
        if not SHORTEST_PASSWORD <= len(chosen) <= LONGEST_PASSWORD:
            raise InvalidValueError("password", WRONG_LENGTH)
        user = accepted(link, filled["name"][:200], filled["email"], chosen)
    except (InvalidValueError, ConflictError) as error:
        return render_template("console/invitation.html", link=link, filled=filled, error=translate_error(error)), 400
    return access.set_session_cookie(redirect(home_of(user.role), 303), new_token(user, "invitation"))


def _account(**shown: Any) -> str:
    jti = claims_of(request.cookies[SESSION_COOKIE], services().settings.secret_key).jti
    known, settings = identifiers_of(session(), visitor()), services().settings
    return render_template(
        "console/account.html",
        known=known,
        has_password=visitor().password_hash is not None,
        sessions=session_rows(visitor(), jti),
        device_of=device_of,
        method_names=METHOD_NAMES,
        proofs=_proofs(),
        telegram=None if visitor().telegram_proven_at else telegram_address("/console/account"),
        offers={"webhooks"} if visitor().role in SUPPLY_ROLES else set(),
        has_bot=settings.telegram_bot and bool(settings.telegram_bot_name),
        is_linked=is_linked(session(), visitor()),
        **shown,
    )


def _proofs() -> dict[str, str]:
    """Identifier -> the page on which it is proven; a signed-in visitor stays signed in."""
    settings = services().settings
    pages = {"phone": "/console/sign-in/code", "email": "/console/sign-in/email"}
    is_set_up = {"phone": settings.sms_gateway_url, "email": settings.smtp_url or settings.is_local}
    return {kind: f"{path}?next=/console/account" for kind, path in pages.items() if is_set_up[kind]}
