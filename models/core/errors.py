"""Errors in the terms of the domain, independent of HTTP and of the sentences shown to users.

DomainError
├── SettingsError         the environment is unusable; stops the start
├── InvalidValueError     a value breaks a rule that a schema cannot see; carries the field's path
│   └── InvalidFileError  an uploaded file cannot be read
│       ├── TooLargeFileError   it is too large
│       └── WrongFileTypeError  its type is not accepted
├── UnusableError         sent or fetched data cannot be read; carries the fault
├── NotFoundError         absent, or hidden from the caller
├── NotAllowedError       visible to the caller, but not allowed
├── NotSignedInError      a token or a secret is missing, wrong or void
├── TooManyError          a limit is used up; carries when to retry
├── BusyError             too much work is waiting; carries when to retry
└── ConflictError         it exists, in a state that forbids this, or exists already

An error carries a code and facts; :mod:`models.translations` holds the sentence of each code in every language. An
error without facts is raised as `NotAllowedError("listing.own")`. One with facts is a dataclass with typed fields:

    @dataclass(eq=False)
    class InquiryCannotGoBackError(ConflictError):
        code = "inquiry.cannot_go_back"
        present: InquiryStatus
        wanted: InquiryStatus
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


class Fault(str):
    """
    An error of one value: a code, with facts for its sentence.

    It is a str, so that it can be a message of marshmallow's `ValidationError`.
    """

    facts: Mapping[str, object]

    def __new__(cls, code: str, **facts: object) -> "Fault":
        fault = super().__new__(cls, code)
        fault.facts = facts
        return fault

    def as_json(self) -> dict[str, Any]:
        """The code and the facts, for storage; :meth:`from_json` reads them."""
        facts = {
            name: fact.as_json() if isinstance(fact, Fault) else fact if isinstance(fact, int | float) else str(fact)
            for name, fact in self.facts.items()
        }
        return {"code": str(self), "facts": facts}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Fault":
        """
        >>> Fault.from_json(Fault("import.unknown", reason=Fault("number.empty")).as_json()).facts
        {'reason': 'number.empty'}
        """
        facts = {
            name: cls.from_json(fact) if isinstance(fact, Mapping) else fact
            for name, fact in stored.get("facts", {}).items()
        }
        return cls(stored["code"], **facts)


class DomainError(Exception):
    """The base of all errors of the domain."""

    #: Identifies the kind of error to clients and in the catalogue: "inquiry.cannot_go_back".
    code: str = "domain.forbidden"

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        if code:
            self.code = code

    @property
    def facts(self) -> Mapping[str, object]:
        """The fields of an error that is a dataclass, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)} if is_dataclass(self) else {}

    def __str__(self) -> str:
        """The code and the facts, for logs and traces; people see the catalogue's sentence."""
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class SettingsError(DomainError):
    """
    The environment is unusable. Only the person who starts the system sees the error, so it has a sentence instead of a
    code.
    """


class InvalidValueError(DomainError):
    """A value breaks a rule."""

    code = "input.invalid"

    def __init__(self, field: str, code: str, *, location: str | None = None, **facts: Any) -> None:
        """
        *field* is the dotted path of the value as the client sent it, *code* and *facts* state what is wrong with it;
        *location* is the part of the request, if it is not the one that the request's values were read from.
        """
        super().__init__()
        self.field = field
        self.fault = code if isinstance(code, Fault) else Fault(code, **facts)
        self.location = location

    def __str__(self) -> str:
        return f"{self.field}: {self.fault}" + (f" {dict(self.fault.facts)}" if self.fault.facts else "")


class InvalidFileError(InvalidValueError):
    """An uploaded file cannot be read."""


class TooLargeFileError(InvalidFileError):
    """An uploaded file is too large."""


class WrongFileTypeError(InvalidFileError):
    """An uploaded file is of a type that is not accepted."""


class UnusableError(DomainError):
    """Data that somebody sent cannot be used; the fault states why."""

    def __init__(self, fault: str) -> None:
        super().__init__(str(fault))
        self.fault = fault if isinstance(fault, Fault) else Fault(fault)

    @property
    def facts(self) -> Mapping[str, object]:
        """The facts of the fault."""
        return self.fault.facts


class NotFoundError(DomainError):
    """The thing does not exist, or the caller may not know of it."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind.replace(' ', '_').lower()}.not_found")


class NotAllowedError(DomainError):
    """The caller may not do this."""

    code = "access.not_allowed"


class NotSignedInError(DomainError):
    """The caller is not signed in."""

    code = "access.not_signed_in"


class TooManyError(DomainError):
    """A limit is exceeded."""

    def __init__(self, code: str, retry_after_seconds: int) -> None:
        super().__init__(code)
        self.retry_after_seconds = retry_after_seconds


class BusyError(DomainError):
    """Too much work is waiting already."""

    retry_after_seconds: int

    def __init__(self, code: str, retry_after_seconds: int) -> None:
        super().__init__(code)
        self.retry_after_seconds = retry_after_seconds


class ConflictError(DomainError):
    """The current state does not allow this."""

    code = "state.conflict"


class ChangedMeanwhileError(ConflictError):
    """The row is no longer in the state that the caller has read."""

    code = "row.changed_meanwhile"
