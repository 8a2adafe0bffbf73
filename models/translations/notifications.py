"""The text of a notification, in the language of its reader."""

from collections.abc import Mapping
from string import Formatter
from typing import Any, Protocol

from models.translations.catalogue import LANGUAGES, is_known, translate

#: The language of users who have not chosen one: that of most users.
DEFAULT_LANGUAGE = "ru"


class Stored(Protocol):
    """A row of models.accounts.notifications."""

    @property
    def type(self) -> Any: ...
    @property
    def facts(self) -> Any: ...
    @property
    def title(self) -> Any: ...
    @property
    def message(self) -> Any: ...


def describe_notification(
    language: str | None, notification: Stored, names: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """
    Title and message of a notification; with *names* (`who`, `what`) the message that names them, where it needs no
    others beside the facts.

    Rows of releases before 0.2 hold both in Russian; in other languages such a row says what its type says of itself.
    """
    if language not in LANGUAGES:
        language = DEFAULT_LANGUAGE
    stem = f"notification.{str(notification.type).lower()}"
    facts: Mapping[str, Any] | None = notification.facts
    if facts is None:
        if language == DEFAULT_LANGUAGE:
            return notification.title, notification.message
        facts = {"variant": "before"}
    code = f"{stem}.{facts.get('variant') or 'message'}"
    if not is_known(language, code):  # a type without variants; or a variant of a newer release, which stored the row
        code = f"{stem}.message" if is_known(language, f"{stem}.message") else f"{stem}.before"
    named = f"{code}_named"
    if names and is_known(language, named) and _fields(translate(language, named)) <= names.keys() | facts.keys():
        code, facts = named, {**facts, **names}
    return translate(language, f"{stem}.title"), translate(language, code, facts)


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
