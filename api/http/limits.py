"""Rate limits, counted in Redis over a moving window.

While Redis is unavailable, each web process counts in its own memory. The two alternatives are worse: without limits,
passwords and codes could be guessed for as long as Redis is down; and if all sign-ins were refused, a broken cache
would lock everybody out. With p processes an attacker meanwhile gets at most p times the limit. Codes keep their limit
of five tries, which PostgreSQL counts (models/accounts/codes.py).

The limits use `limits`, the library that flask-limiter is built on. flask-limiter itself ties a limit to a route and a
request's address; ours also depend on the content of the body (the account in question), which its decorators cannot
see.
"""

import contextlib
import hashlib
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, request
from limits import parse

from api.http.limit_counters import LimitCounters
from api.http.operations import facts_of_request
from api.http.request_state import current
from api.http.services import services
from models.accounts.users import normal_email, normal_phone
from models.core.errors import InvalidValueError

#: Attempts to sign up or in from one address.
AUTH_LIMIT = parse("60 per minute")
#: Failed sign-ins to one account, from one known place of its user or from all other places together. Successful ones
#: are not counted, so an active user is never locked out.
ACCOUNT_FAILURES = parse("20 per 15 minutes")
#: Calls of the lead generation API (docs/leadgen.md): from one address, and with one key.
LEADGEN_ADDRESS = parse("100 per minute")
LEADGEN_KEY = parse("1000 per hour")


def register(app: Flask) -> None:
    """Count the calls of *app* with the counters attached to it (api/server/app.py)."""
    app.before_request(_limit_address)


def limit_caller() -> None:
    """Before a request, after its access check: the limit of one API key."""
    caller = current().caller or ""
    if caller.startswith("key:"):
        limits().count_call(LEADGEN_KEY, "leadgen-key", caller)


def limit_auth_attempts() -> None:
    """Before a request is processed: count an attempt to register or sign in (api/http/access.py, auth_attempt)."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and facts_of_request().is_auth_attempt:
        count_auth_attempt()


def count_auth_attempt() -> None:
    """Count one attempt to register or sign in from the caller's address."""
    limits().count_call(AUTH_LIMIT, "auth", network() or "unknown")


def account_of(username: str) -> str:
    """
    The name under which failed sign-ins as *username* are counted. It is the same for every spelling of a phone or an
    e-mail address; otherwise each spelling would give an attacker another set of tries. It is hashed, so that Redis
    contains no phones or addresses.
    """
    for normal in (normal_email, normal_phone):
        with contextlib.suppress(InvalidValueError):
            username = normal(username)
            break
    return hashlib.sha256(username.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]


def failures_of(account: str, known_place: str | None) -> str:
    """
    The name under which failed sign-ins to *account* are counted. Each known place of its user (`device:...`,
    `network:...`) has its own count; all other places share one. So an attacker's guesses lock out strangers, but not
    the user.

    An attacker who can use *k* of the known places has at most 20 * (1 + k) guesses in 15 minutes.
    """
    return account if known_place is None else f"{account}|{known_place}"


def check_failures(counted: str) -> None:
    """Raise TooManyError if too many recent attempts failed under this name."""
    limits().check(ACCOUNT_FAILURES, "failures", counted)


def count_failure(counted: str) -> None:
    """Count a failed attempt; raises TooManyError when the limit is exceeded."""
    limits().count_call(ACCOUNT_FAILURES, "failures", counted)


def limits() -> LimitCounters:
    """The application's counters."""
    return services().limits


def address() -> str | None:
    """
    The IP address of the client; X-Forwarded-For is trusted only from configured proxies (api/http/cross_origin.py).

    None if it is unknown: on a UNIX socket, or behind a proxy that identifies its clients in another way. A port
    (Azure's gateways write `203.0.113.7:51234`) and a zone are removed, because the database column accepts only
    addresses.
    """
    raw = request.remote_addr or ""
    if raw.startswith("["):
        raw = raw[1:].partition("]")[0]
    elif raw.count(":") == 1:
        raw = raw.partition(":")[0]
    try:
        ip = ip_address(raw.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def network() -> str | None:
    """The network under which calls are counted: the address itself, or an IPv6 address's first 64 bits.

    The holder of an IPv6 address usually has all 2**64 addresses of its network (RFC 6177), so a limit for each address
    would have no effect.
    """
    ip = address()
    if ip is None or not isinstance(ip_address(ip), IPv6Address):
        return ip
    return str(ip_network((ip, 64), strict=False))


def _limit_address() -> None:
    # Before the access check: guessing keys is limited too.
    if request.path.startswith("/api/") and request.path != "/api/health":
        limits().count_call(LEADGEN_ADDRESS, "leadgen-address", network() or "unknown")
