"""The details of an audit entry in words. The log contains ids and codes; its file shows them unchanged."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.console.kit.formatting import number as in_digits
from api.console.kit.formatting import town_called
from api.console.kit.i18n import translate, word
from api.console.kit.sign_in_methods import IDENTIFIERS, METHOD_NAMES
from models.accounts.audit import AuditEntry
from models.market.towns.gazetteer import called

#: Details whose values are ids of users.
PEOPLE = ("former", "owner", "head", "gone")
#: Detail -> its label.
LABELS = {
    "by": "Way in",
    "kind": "Identifier",
    "agency": "Agency",
    "former": "Before",
    "owner": "Now",
    "head": "Now",
    "gone": "Closed account",
    "identifiers": "Taken over",
    "rows": "Moved",
    "lead_id": "Lead",
    "into": "Joined to",
    "forced": "With its campaigns",
    "role": "Role",
    "is_active": "Access",
    "live": "In force now",
}


def people_named(entries: Sequence[AuditEntry]) -> set[int]:
    """The ids of users whom entries are about or whom their details name."""
    values = [value for entry in entries for name, value in entry.detail.items() if name in PEOPLE]
    values += [int(entry.row_id or 0) for entry in entries if _is_user(entry)]
    return {each for each in values if isinstance(each, int)}


def subject_of(entry: AuditEntry, names: Mapping[int, str]) -> str:
    """
    The row that an entry is about, in words.

    Args:
        names: Names of users, by their ids.
    """
    if _is_user(entry) and int(entry.row_id or 0) in names:
        return f"{word(entry.table_name)} {names[int(entry.row_id or 0)]}"
    return f"{word(entry.table_name)} {entry.row_id or ''}".strip()


def details_of(entry: AuditEntry, names: Mapping[int, str]) -> list[tuple[str, str]]:
    """
    The details of an entry: labels with values in words. Details without a text here are shown unchanged.

    Args:
        names: As in :func:`subject_of`.
    """
    ordered = [name for name in LABELS if name in entry.detail] + [name for name in entry.detail if name not in LABELS]
    return [
        (translate(LABELS[name]) if name in LABELS else name, _in_words(name, entry.detail[name], names))
        for name in ordered
    ]


def _in_words(name: str, value: Any, names: Mapping[int, str]) -> str:
    if name in PEOPLE:
        return names.get(value, f"№ {value}")
    return _WORDS[name](value) if name in _WORDS else str(value)


def _several(value: Any, words: Mapping[str, str]) -> str:
    codes = value if isinstance(value, list) else [value]
    return ", ".join(translate(words[code]) if code in words else str(code) for code in codes) or translate("nothing")


def _moved(rows: Mapping[str, int]) -> str:
    return "; ".join(f"{word(table)} — {in_digits(count)}" for table, count in rows.items()) or translate("nothing")


def _town(key: str) -> str:
    """The name of a market's town; the key if the gazetteer does not know it."""
    kind, _, number = key.partition(":")
    try:
        return town_called(called(int(number)), key) if kind == "geo" else number or key
    except (KeyError, ValueError):
        return key


#: Detail -> its value in words.
_WORDS: dict[str, Callable[[Any], str]] = {
    "by": lambda value: _several(value, METHOD_NAMES | IDENTIFIERS),
    "kind": lambda value: _several(value, IDENTIFIERS),
    "identifiers": lambda value: _several(value, IDENTIFIERS),
    "agency": "№ {}".format,
    "rows": _moved,
    "lead_id": "№ {}".format,
    "into": _town,
    "forced": lambda value: translate("yes") if value else translate("no"),
    "role": word,
    "is_active": lambda value: translate("open") if value else translate("blocked"),
    "live": lambda value: translate("default weights") if value is None else f"№ {value}",
}


def _is_user(entry: AuditEntry) -> bool:
    return entry.table_name == "users" and (entry.row_id or "").isdigit()
