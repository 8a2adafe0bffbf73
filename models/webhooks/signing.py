"""Secrets, signatures and bodies as https://www.standardwebhooks.com defines them."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification allows 24 to 64


def new_secret() -> str:
    """A random secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """
    `v1,` and base64(HMAC-SHA256(key, "<id>.<timestamp>.<body>")).

    Args:
        secret: In the format of :func:`new_secret`; the key is the decoded part after the prefix.
        timestamp: The time of the attempt, in seconds since 1970.

    >>> secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of the specification
    >>> signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers_of(valid_secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of an attempt; each currently valid secret signs."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, message_id, timestamp, body) for each in valid_secrets),
    }


def body_of(type_: str, happened_at: datetime, facts: Mapping[str, Any]) -> bytes:
    """
    The body to send; it has the same bytes at each attempt.

    >>> body_of("match.created", datetime(2026, 1, 31, 12, tzinfo=UTC), {"match_id": "17"})
    b'{"type":"match.created","timestamp":"2026-01-31T12:00:00.000000Z","data":{"match_id":"17"}}'
    """
    timestamp = happened_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    event = {"type": type_, "timestamp": timestamp, "data": facts}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
