"""SMS gateways behind one interface, chosen by a URL (`SMS_GATEWAY_URL`).

    console://                                        prints the message; for local
    smsc://login:password@smsc.kz?sender=Leadmatch    SMSC (smsc.ru, smsc.kz); without a login, an apikey
    twilio://sid:token@api.twilio.com?from=%2B1500    Twilio; or ?service=MG... for a messaging service

`smsc+http://` and `twilio+http://` talk to a stand-in without TLS. The class of an error states whether to try again:

    SmsError
    ├── SmsRefusedError   the gateway will never send this message
    ├── SmsBusyError      the message certainly was not sent; try again later
    └── SmsUnknownError   the message may have been sent, but the answer was lost; a second attempt could send it twice
"""

import sys
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import httpx

from models.core.errors import SettingsError

TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # seconds

#: SMSC's temporary errors: 4, our address is blocked for a while; 9, a repeated request or too many in a minute.
SMSC_PASSING = {4, 9}
BUSY_SECONDS = 60


class SmsError(Exception):
    """A message was not, or perhaps not, sent. The error's text contains neither the phone nor the message."""


class SmsRefusedError(SmsError):
    """The gateway will never send this message."""


class SmsBusyError(SmsError):
    """The message certainly was not sent; try again after *retry_after_seconds*."""

    def __init__(self, reason: str, retry_after_seconds: int = 5) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class SmsUnknownError(SmsError):
    """The message may have been sent."""


class Gateway(Protocol):
    """Sends short messages."""

    def send(self, phone: str, text: str, key: int) -> None:
        """
        Send *text* to *phone* (E.164).

        Args:
            key: Identifies the message in the gateway's own records.
        Raises:
            SmsError: The message was not, or perhaps not, sent.
        """


class ConsoleGateway:
    """Prints messages, for people who try the system on their own machine."""

    def send(self, phone: str, text: str, key: int) -> None:
        print(f"SMS to {phone}: {text}", file=sys.stderr, flush=True)


class SmscGateway:
    """SMSC: a form by POST (so that no access log contains the password); errors are in the body of a 200."""

    def __init__(self, base: str, login: str, password: str, options: dict[str, str]) -> None:
        self._url = f"{base}/sys/send.php"
        self._form = {"login": login, "psw": password} if login else {"apikey": password}
        self._form |= {"charset": "utf-8", "fmt": "3"}
        if options.get("sender"):
            self._form["sender"] = options["sender"]

    def send(self, phone: str, text: str, key: int) -> None:
        # Its ids have 32 bits; it writes phone numbers without the plus.
        form = self._form | {"phones": phone.removeprefix("+"), "mes": text, "id": str(key % 2**31)}
        answer = _post(self._url, data=form)
        if answer.status_code == 429:
            raise SmsBusyError("HTTP 429", _retry_after(answer))
        body = _json(answer)
        if "error_code" in body:
            code = body["error_code"]
            if code in SMSC_PASSING:
                raise SmsBusyError(f"SMSC error {code}", BUSY_SECONDS)
            raise SmsRefusedError(f"SMSC error {code}")
        if answer.status_code != 200 or "id" not in body:
            raise SmsUnknownError(f"SMSC answered HTTP {answer.status_code} without an id")


class TwilioGateway:
    """Twilio: a form by POST, HTTP Basic."""

    def __init__(self, base: str, sid: str, token: str, options: dict[str, str]) -> None:
        self._url = f"{base}/2010-04-01/Accounts/{sid}/Messages.json"
        self._auth = (sid, token)
        self._form = {"MessagingServiceSid": options["service"]} if "service" in options else {"From": options["from"]}

    def send(self, phone: str, text: str, key: int) -> None:
        answer = _post(self._url, data=self._form | {"To": phone, "Body": text}, auth=self._auth)
        if answer.status_code == 429:
            raise SmsBusyError("HTTP 429", _retry_after(answer))
        if answer.status_code >= 500:
            raise SmsUnknownError(f"Twilio answered HTTP {answer.status_code}")
        body = _json(answer)
        if answer.status_code >= 400:
            raise SmsRefusedError(f"Twilio error {body.get('code')}")
        if "sid" not in body or body.get("status") == "failed":
            raise SmsRefusedError(f"Twilio error {body.get('error_code')}")


def gateway_of(url: str) -> Gateway:
    """
    The gateway for *url*.

    Raises:
        SettingsError: The gateway is unknown, or a part of the URL is missing. The error does not repeat the password.
    """
    try:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        kind, _, insecure = parts.scheme.partition("+")
        if kind == "console":
            return ConsoleGateway()
        if kind not in GATEWAYS or insecure not in ("", "http"):
            raise ValueError(f"the scheme must be one of: console, {', '.join(GATEWAYS)}")
        if not parts.hostname or not parts.password:
            raise ValueError("a login, a password and a host are needed")
        if kind == "twilio" and not {"from", "service"} & set(options):
            raise ValueError("?from=+... or ?service=... is needed")
        login, password = unquote(parts.username or ""), unquote(parts.password)
        return GATEWAYS[kind](_base(parts, insecure), login, password, options)
    except ValueError as error:
        raise SettingsError(f"SMS_GATEWAY_URL is not usable: {error}") from None


GATEWAYS: dict[str, Callable[[str, str, str, dict[str, str]], Gateway]] = {
    "smsc": SmscGateway,
    "twilio": TwilioGateway,
}


def _base(parts: SplitResult, insecure: str) -> str:
    port = f":{parts.port}" if parts.port else ""
    return f"{'http' if insecure else 'https'}://{parts.hostname}{port}"


def _post(url: str, **request: Any) -> httpx.Response:
    try:
        # No redirects and no proxies from the environment, so that the password goes only to the configured host.
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            return client.post(url, **request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise SmsBusyError(type(error).__name__) from None
    except httpx.HTTPError as error:  # the request had been sent
        raise SmsUnknownError(type(error).__name__) from None


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise SmsUnknownError(f"HTTP {answer.status_code} without JSON")
    return body


def _retry_after(answer: httpx.Response) -> int:
    raw = answer.headers.get("Retry-After", "")
    return min(int(raw), 300) if raw.isdecimal() else BUSY_SECONDS
