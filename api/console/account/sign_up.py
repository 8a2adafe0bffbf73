"""Registration: by e-mail and password, or by a code sent by SMS."""

import contextlib
from collections.abc import Callable
from typing import Any

from flask import Response, render_template, request
from marshmallow import ValidationError, fields, validate

from api.accounts import auth, portal_auth
from api.accounts.auth import audit_sign_in, new_token
from api.accounts.portal_auth import send_code
from api.accounts.recovery import send_link
from api.console.account.sign_in import next_page, telegram_address, user_proven_by_code
from api.console.kit import access
from api.console.kit.access import public_page, visitor_or_none
from api.console.kit.i18n import translate, translate_error, translate_fault
from api.console.kit.pages import back, home_of, page_blueprint
from api.http.access import auth_attempt
from api.http.blueprint import Body
from api.http.fields import Email, PasswordText, Phone, Text
from api.http.services import services
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password
from models.accounts.users import User, normal_email, normal_phone
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, TooManyError

blp = page_blueprint("sign_up")

#: The roles that people may register for, and their labels on the page.
ROLE_NAMES = {
    Role.TENANT: "I am looking for a home",
    Role.LANDLORD: "I own or rent out a home",
    Role.REALTOR: "I am a realtor",
    Role.AGENCY: "We are an agency",
    Role.DEVELOPER: "We are a developer",
}


class SignUpFields(Body):
    role = fields.String(
        required=True, validate=validate.OneOf(list(ROLE_NAMES)), error_messages={"required": "role.choose"}
    )
    name = Text(180, required=True)


class EmailSignUp(SignUpFields):
    email = Email(required=True)
    password = PasswordText(SHORTEST_PASSWORD, LONGEST_PASSWORD)


class PhoneSignUp(SignUpFields):
    phone = Phone(required=True)


@blp.route("/console/sign-up", methods=["GET", "POST"])
@public_page
@auth_attempt
def by_email() -> Response | str | tuple[str, int]:
    """Register by e-mail and password. If mail is configured, a link that proves the address follows."""
    user = visitor_or_none()
    if user is not None:
        return back(home_of(user.role))
    if request.method == "GET":
        return _page("email")
    body, errors = _read(EmailSignUp(), email=normal_email)
    if errors:
        return _page("email", errors), 400
    try:
        user = auth.sign_up(
            role=Role(body["role"]),
            name=body["name"],
            email=body["email"],
            password_hash=hash_password(body["password"]),
        )
    except ConflictError as error:
        return _page("email", {"email": translate_error(error)}, is_taken=True), 409
    return _signed_in_response(user, "registration", "signed_up_link" if _sent_link(body["email"]) else "signed_up")


@blp.route("/console/sign-up/phone", methods=["GET", "POST"])
@public_page
@auth_attempt
def by_phone() -> Response | str | tuple[str, int]:
    """
    Register by phone: the first form requests a code, the second checks it. Nothing shows whether the phone is
    registered.
    """
    user = visitor_or_none()
    if user is not None:
        return back(home_of(user.role))
    if request.method == "GET":
        return _page("phone")
    code = request.form.get("code", "").strip()[:20]
    body, errors = _read(PhoneSignUp(only=("phone",) if code else None), phone=normal_phone)
    if errors:
        return _page("phone", errors), 400
    phone = body["phone"]
    if not code:
        first, _, last = body["name"].partition(" ")
        registration = {"first_name": first, "last_name": last or None, "role": body["role"]}
        return _page("phone", phone=phone, shown_code=send_code(phone, registration))
    user = user_proven_by_code(phone, code)
    if user is None:
        return _page("phone", {"code": translate(portal_auth.WRONG)}, phone=phone), 401
    audit_sign_in(user, "sms")
    return _signed_in_response(user, "sms")


def _signed_in_response(user: User, method: str, outcome: str | None = None) -> Response:
    """Redirect to the page that they came from, or to the first page of their role."""
    further = _way_back()
    response = back(further) if further else back(home_of(user.role), outcome)
    return access.set_session_cookie(response, new_token(user, method))


def _read(schema: Body, **normal_forms: Callable[[str], str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The form's values, with identifiers in *normal_forms*; and the first error of each field."""
    raw = {name: request.form[name] for name in schema.fields if request.form.get(name)}
    try:
        body, errors = schema.load(raw), {}
    except ValidationError as error:
        complaints = error.normalized_messages()
        body = error.valid_data
        errors = {name: translate_fault(complaints[name][0]) for name in schema.fields if name in complaints}
    for name, normal_form in normal_forms.items():
        if name in body:
            try:
                body[name] = normal_form(body[name])
            except InvalidValueError as refused:
                errors[name] = translate_error(refused)
    return body | {"name": " ".join(body.get("name", "").split())}, errors


def _page(method: str, errors: dict[str, str] | None = None, **shown: Any) -> str:
    settings = services().settings
    return render_template(
        "console/account/sign_up.html",
        method=method,
        errors=errors or {},
        roles={role.value: translate(name) for role, name in ROLE_NAMES.items()},
        next=next_page(),
        by_phone=bool(settings.sms_gateway_url),
        by_link=settings.is_local or bool(settings.smtp_url),
        telegram=telegram_address(_way_back()),
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
        **shown,
    )


def _way_back() -> str:
    """
    The page of the public search or of an agency's invitation to return to; empty for other pages, which the chosen
    role may not open.
    """
    further = next_page()
    return further if further.startswith(("/homes", "/console/team/join/")) else ""


def _sent_link(email: str) -> bool:
    """
    Whether a link that proves the address was sent. Without one the account exists, and its page can send another.
    """
    if not services().settings.smtp_url:
        return False
    with contextlib.suppress(TooManyError):
        send_link(email)
        return True
    return False
