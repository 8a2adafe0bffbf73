"""The fields of a source, checked and in the form in which they are stored."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from models.core.errors import InvalidValueError
from models.sources.formats.feed import ALIASES, KINDS
from models.sources.formats.headers import NAMES
from models.sources.formats.lead_rows import LEAD_NAMES
from models.sources.tables import SourceContent


def name_of(address: str | None) -> str:
    """
    A source's default name.

    >>> name_of("https://www.example.com/feeds/yandex.xml?key=secret")
    'example.com/feeds/yandex.xml'
    """
    parts = urlsplit(address or "")
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}"[:200] or "file"


def check_address(address: str) -> str:
    """
    The address of a feed, without surrounding blanks; raises InvalidValueError (field `address`) if it is invalid.
    """
    address = address.strip()
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise InvalidValueError("address", "source.not_an_address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or len(address) > 2000 or port == 0:
        raise InvalidValueError("address", "source.write_address")
    if parts.username or parts.password:
        raise InvalidValueError("address", "source.address_with_password")
    if any(sign.isspace() or ord(sign) < 32 for sign in address):
        raise InvalidValueError("address", "source.address_with_blanks")
    return address


def checked_fields(fields: Mapping[str, Any], content: SourceContent) -> dict[str, Any]:
    """The columns of a source with *content* to be stored for *fields*; raises InvalidValueError."""
    checked = dict(fields)
    if checked.get("address"):
        checked["address"] = check_address(checked["address"])
    if "name" in checked:
        checked["name"] = without_nul(checked["name"] or "").strip()
        if not checked["name"]:
            raise InvalidValueError("name", "source.name_missing")
    if checked.get("kind"):
        checked["kind"] = ALIASES.get(checked["kind"], checked["kind"])
        if checked["kind"] not in KINDS:
            raise InvalidValueError("kind", "source.unknown_kind", kinds=tuple(KINDS))
    if checked.get("mapping"):
        checked["mapping"] = {column: field for column, field in checked["mapping"].items() if "\x00" not in column}
    names = LEAD_NAMES if content is SourceContent.LEADS else NAMES
    for column, field in (checked.get("mapping") or {}).items():
        if field and field not in names:
            raise InvalidValueError("mapping", "source.unknown_target", column=column[:50], target=field[:50])
    return checked


def without_nul(text: str) -> str:
    """The text without U+0000, which PostgreSQL cannot store; names of files are untrusted."""
    return text.replace("\x00", "")
