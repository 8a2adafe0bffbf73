"""
Hooks that schemathesis loads: they tell it who may call which operation, which ids exist, and values of our formats.

FUZZ_WORLD is JSON: `secret` (signs tokens), `people` (role -> id and token version), `leaving` (role -> several such,
for operations that end tokens), `keys` (API keys), `bot` (the bot's secret), `own` (name of a parameter -> id),
`elsewhere` (the same by path), `spared` (users who must not be deactivated) and `expendable` (one who may be). FUZZ_AS
states one role, or `anonymous`, for all operations; without it, an allowed role calls each operation.
"""

import itertools
import json
import os
import re
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.currencies import CURRENCY_PHRASES
from models.core.free_text import DEAL_TYPES, PROPERTY_TYPES

WORLD = json.loads(os.environ["FUZZ_WORLD"])
AS = os.environ.get("FUZZ_AS", "")
_calls = itertools.count(1)

# Formats that are stricter than a pattern can express. These values are valid.
schemathesis.openapi.format("phone", st.from_regex(r"\+770[1257][0-9]{7}", fullmatch=True))
schemathesis.openapi.format("email", st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.(com|kz|org)", fullmatch=True))
schemathesis.openapi.format("url", st.from_regex(r"https?://[a-z]{1,9}\.(com|kz)/[a-z]{0,9}", fullmatch=True))
schemathesis.openapi.format("https-url", st.from_regex(r"https://[a-z]{1,9}\.(com|kz)/[a-z]{0,9}", fullmatch=True))
schemathesis.openapi.format("idempotency-key", st.uuids(version=4).map(str))
schemathesis.openapi.format("deal-word", st.sampled_from(sorted(DEAL_TYPES)))
schemathesis.openapi.format("property-word", st.sampled_from(sorted(PROPERTY_TYPES)))
schemathesis.openapi.format("currency-word", st.sampled_from(sorted(CURRENCY_PHRASES)))
schemathesis.openapi.format(
    "town", st.sampled_from(["Москва", "Алматы қ.", "мск", "Dubai", "Новый Зурбаган", "МО, Химки"])
)
schemathesis.openapi.format("address", st.sampled_from(["ул. Абая, 7, Алматы", "123 Main St, Anytown", "Москва"]))
schemathesis.openapi.format(
    "rooms-word", st.sampled_from(["студия", "2", "1-3", "4+", "любое", "не более 2", "от 2 до 4", "2-комн."])
)


@schemathesis.auth(refresh_interval=None, retry_on=[])
class WhoeverMay:
    """The credentials of somebody who may call the operation, by the document's `x-who`."""

    def get(self, case, context):
        raw = context.operation.definition.raw
        scheme = next((name for each in raw.get("security", []) for name in each), None)
        if AS == "anonymous" or scheme is None:
            return None
        if scheme == "api_key":
            return "X-API-Key", WORLD["keys"][next(_calls) % len(WORLD["keys"])]
        if scheme == "bot":
            return "X-Telegram-Bot-Secret", WORLD["bot"]
        return "Authorization", f"Bearer {token_for(raw['x-who'], context.operation)}"

    def set(self, case, data, context):
        if data is not None:
            case.headers = {**(case.headers or {}), data[0]: data[1]}


def token_for(who: str, operation: Any) -> str:
    """
    A token of a role that *who* names: a realtor's if possible, because the realtor owns the rows of the world. It is
    new each time, so that signing out ends no other token; for calls that end all tokens of a user, it is another
    user's.
    """
    roles = who.split(", ")
    role = AS or (roles[0] if roles[0] in WORLD["people"] and "realtor" not in roles else "realtor")
    user_id, version = WORLD["people"][role]
    if f"{operation.method.upper()} {operation.path}" in LEAVING:
        user_id, version = next(_leaving[role])
    return make_token(User(id=user_id, token_version=version), WORLD["secret"], 1)


#: Operations that end all tokens of the caller, who could not call anything afterwards.
LEAVING = {"PUT /auth/password", "DELETE /users/delete"}
_leaving = {role: itertools.cycle(users) for role, users in WORLD["leaving"].items()}


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(_calls)
    # Each call comes from another address, through the proxy that the server trusts, so limits by address do not apply.
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    path, parameters = case.operation.path, case.path_parameters
    if not parameters or (case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH)):
        return
    if case.meta is None or number % 3:  # every third time an id that was made up, which mostly is nobody's
        parameters |= {name: WORLD["own"][name] for name in parameters if name in WORLD["own"]}
        parameters |= WORLD["elsewhere"].get(path, {})
    if parameters.get("user_id") in WORLD["spared"]:
        parameters["user_id"] = WORLD["expendable"]


@schemathesis.hook
def filter_case(context, case):
    """
    Leave out invalid data that is accepted on purpose (docs/clients.md): null for an absent value, digits as text for a
    number, an empty value in a form, query or header, and unknown parameters. The API accepts more than the document
    promises.
    """
    if case.meta is None or not case.meta.generation.mode.is_negative:
        return True
    query = case.query if isinstance(case.query, dict) else {}
    return not (
        _is_forgiven(case.body)
        or "" in (case.headers or {}).values()
        or any(value in ("", None, [""]) or name.startswith(("utm_", "_")) for name, value in query.items())
    )


def _is_forgiven(part: object) -> bool:
    if isinstance(part, dict):
        return any(map(_is_forgiven, part.values()))
    if isinstance(part, list):
        return any(map(_is_forgiven, part))
    return part is None or (isinstance(part, str) and (part == "" or _DIGITS.fullmatch(part) is not None))


_DIGITS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
