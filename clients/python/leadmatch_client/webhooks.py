"""Verifies that a received webhook was sent by Leadmatch, by the rules of standardwebhooks.com."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE = 300  # seconds


class WebhookError(Exception):
    """The webhook was not sent by Leadmatch, or it is too old. Answer it with 400."""


def verified(secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> Any:
    """
    Verify a webhook and return its content.

    Args:
        secret: The endpoint's secret, ``whsec_...``; while it is rotated, the old or the new one.
        headers: The request's headers; names in any case.
        body: The request's body, byte for byte.
        now: The time, for tests.
    Raises:
        WebhookError: The signature was not made with this secret, or the time is more than five minutes off.
    """
    by_name = {name.lower(): value for name, value in headers.items()}
    try:
        identifier, sent, signatures = (by_name[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        is_off = abs((time.time() if now is None else now) - int(sent)) > TOLERANCE
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except (KeyError, ValueError) as error:
        raise WebhookError(f"a header is missing or malformed: {error}") from None
    if is_off:
        raise WebhookError("it is more than five minutes old, or from the future")
    expected = base64.b64encode(hmac.new(key, f"{identifier}.{sent}.".encode() + body, hashlib.sha256).digest())
    given = [part.removeprefix("v1,").encode() for part in signatures.split() if part.startswith("v1,")]
    if not any(hmac.compare_digest(each, expected) for each in given):
        raise WebhookError("the signature is not of this secret")
    return json.loads(body)
