"""Rate limits, counted in Redis over a moving window.

While Redis is away each web process counts in its own memory. The other two choices are worse: without limits
passwords and codes could be guessed for as long as Redis is down, and if nobody were let in, a broken cache
would lock everybody out. With p processes an attacker gets at most p times the limit meanwhile, and codes
keep their bound of five tries, which PostgreSQL counts (models/accounts/codes.py).

The engine is `limits`, the library under flask-limiter. flask-limiter itself ties a limit to a route and a
request's address; ours also depend on what a body says (the account tried), which its decorators cannot see.
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

#: Signing up or in, from one address.
AUTH_LIMIT = parse("60 per minute")
#: Failures to get into one account, from one place that its user is known by or from all others together; successes are
#: not counted, so nobody is locked out by being busy.
ACCOUNT_FAILURES = parse("20 per 15 minutes")
#: The lead generation API (docs/leadgen.md): from one address, and with one key.
LEADGEN_ADDRESS = parse("100 per minute")
LEADGEN_KEY = parse("1000 per hour")


def register(app: Flask) -> None:
    """Count the calls of *app* with the counters attached to it (api/server/app.py)."""
    app.before_request(_limit_address)


def limit_caller() -> None:
    """Before a request, after its access check: the limit of one API key."""
    caller = current().caller or ""
    if caller.startswith("key:"):
        limits().spend(LEADGEN_KEY, "leadgen-key", caller)


def limit_way_in() -> None:
    """Before a request is processed: count an attempt to register or sign in (api/http/access.py, way_in)."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and facts_of_request().is_way_in:
        count_way_in()


def count_way_in() -> None:
    """Count one attempt to register or sign in from the caller's address."""
    limits().spend(AUTH_LIMIT, "auth", network() or "unknown")


def account_of(username: str) -> str:
    """
    What failures to get in as *username* are counted under: the same for every spelling of a phone or an e-mail
    address, or a guesser would have as many limits as a number has spellings. Hashed, to keep both out of Redis.
    """
    for normal in (normal_email, normal_phone):
        with contextlib.suppress(InvalidValueError):
            username = normal(username)
            break
    return hashlib.sha256(username.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]


def failures_of(account: str, place: str | None) -> str:
    """
    What failures to get into *account* are counted under: a place that its user is known by (`device:...`,
    `network:...`) has a count of its own, all others have one together. So a stranger's guesses shut strangers out, and
    not the user.

    With *k* known places that a guesser reaches, at most 20 * (1 + k) guesses in 15 minutes.
    """
    return account if place is None else f"{account}|{place}"


def check_failures(counted: str) -> None:
    """Raise TooManyError if too many recent attempts failed under this name."""
    limits().check(ACCOUNT_FAILURES, "failures", counted)


def count_failure(counted: str) -> None:
    """Count a failed attempt; raises TooManyError when the limit is exceeded."""
    limits().spend(ACCOUNT_FAILURES, "failures", counted)


def limits() -> LimitCounters:
    """The application's counters."""
    return services().limits


def address() -> str | None:
    """
    The IP address that the request comes from; X-Forwarded-For counts only from configured proxies
    (api/http/cross_origin.py).

    None where there is none: on a UNIX socket, or behind a proxy that names its clients otherwise. A port (Azure's
    gateways write `203.0.113.7:51234`) and a zone are left out: the database keeps addresses, and refuses anything
    else.
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

    A holder of an IPv6 address usually has all 2**64 addresses of its network (RFC 6177), so a limit for each would be
    none.
    """
    ip = address()
    if ip is None or not isinstance(ip_address(ip), IPv6Address):
        return ip
    return str(ip_network((ip, 64), strict=False))


def _limit_address() -> None:
    # Before the access check: guessing keys is limited too.
    if request.path.startswith("/api/") and request.path != "/api/health":
        limits().spend(LEADGEN_ADDRESS, "leadgen-address", network() or "unknown")
