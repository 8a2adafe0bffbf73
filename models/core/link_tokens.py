"""The form of unguessable tokens in addresses."""

import re

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,100}")


def is_token(text: str) -> bool:
    """Whether *text* can be a token of ours (:func:`secrets.token_urlsafe`); other texts need not be looked up.

    >>> is_token("q7yD1fX0v2-_abcdEFGH"), is_token("\\0"), is_token("short")
    (True, False, False)
    """
    return _TOKEN.fullmatch(text) is not None
