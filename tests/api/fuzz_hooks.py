"""
What schemathesis cannot know of us, loaded into its process: who may call what, ids that exist, words of our formats.

FUZZ_WORLD is JSON: `secret` (signs tokens), `people` (role -> id and token version), `leaving` (role -> several such,
for what ends their tokens), `keys` (API keys), `bot` (the bot's secret), `own` (name of a parameter -> id), `elsewhere`
(the same by path), `spared` (users whom nobody may put out) and `expendable` (one whom everybody may). FUZZ_AS names
one role, or `anonymous`, for all operations; without it each is called by who may.
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

# Formats that stand for more than a pattern can say. A value of them is a good one.
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
    """The proof of somebody whom the operation is for, as the document's `x-who` says."""

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
    Of a role that *who* names: a realtor where one may, for the world is a realtor's. A new token each time, so that
    signing out ends no other's, and of somebody else where a call that succeeds ends all of them.
    """
    roles = who.split(", ")
    role = AS or (roles[0] if roles[0] in WORLD["people"] and "realtor" not in roles else "realtor")
    user_id, version = WORLD["people"][role]
    if f"{operation.method.upper()} {operation.path}" in LEAVING:
        user_id, version = next(_leaving[role])
    return make_token(User(id=user_id, token_version=version), WORLD["secret"], 1)


#: Operations that end all tokens of who calls them: nobody else could call anything afterwards.
LEAVING = {"PUT /auth/password", "DELETE /users/delete"}
_leaving = {role: itertools.cycle(users) for role, users in WORLD["leaving"].items()}


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(_calls)
    # From everywhere, through the one proxy that the server trusts: limits by address stay out of the way.
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
    Leave out bad data that is taken on purpose (docs/clients.md): null for absent, digits as text for a number, an
    empty value in a form, query or header, parameters that are not meant for us. The document promises less than is
    taken.
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
