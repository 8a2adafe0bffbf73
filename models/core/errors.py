"""Errors in the words of the domain; they know no HTTP.

DomainError
├── SettingsError         the environment is unusable; stops the start
├── InvalidValueError     a value breaks a rule that a schema cannot see; carries the field's path
│   └── InvalidFileError  an uploaded file cannot be read
│       ├── TooLargeFileError   it is too large
│       └── WrongFileTypeError  it is of a kind that we do not take
├── NotFoundError         absent, or not yours to know of
├── NotAllowedError       yours to know of, not to do
├── NotSignedInError      a token or a secret is missing, wrong or void
├── TooManyError          a limit is spent; carries when to come back
├── BusyError             too much waits to be done already; carries when to come back
└── ConflictError         it exists, in a state that forbids this, or exists already
"""


class DomainError(Exception):
    """Something that the domain forbids."""

    @property
    def message(self) -> str:
        return str(self) or (type(self).__doc__ or "").strip().splitlines()[0]


class SettingsError(DomainError):
    """The environment is unusable."""


class InvalidValueError(DomainError):
    """A value breaks a rule."""

    def __init__(self, field: str, reason: str, *, place: str | None = None) -> None:
        """
        *field* is the dotted path of the value as the client sent it, *reason* one sentence for the client; *place* the
        part of the request that it came in, where that is not the one that the request's values were read from.
        """
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.place = place


class InvalidFileError(InvalidValueError):
    """An uploaded file cannot be read."""


class TooLargeFileError(InvalidFileError):
    """An uploaded file is too large."""


class WrongFileTypeError(InvalidFileError):
    """An uploaded file is of a kind that we do not take."""


class NotFoundError(DomainError):
    """There is no such thing, or it is not yours to know of."""

    def __init__(self, thing: str) -> None:
        super().__init__(f"There is no such {thing}.")
        self.thing = thing


class NotAllowedError(DomainError):
    """You may not do this."""


class NotSignedInError(DomainError):
    """Sign in first."""


class TooManyError(DomainError):
    """Too many requests."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class BusyError(DomainError):
    """There is too much to do already."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ConflictError(DomainError):
    """The present state forbids this."""
