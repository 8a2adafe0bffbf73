"""Errors of requests about sources."""

from dataclasses import dataclass

from models.core.enums import Role
from models.core.errors import ConflictError, NotAllowedError


@dataclass(eq=False)
class RoleOwnsNothingError(NotAllowedError):
    """Users of this role may not own properties."""

    code = "user.role_owns_nothing"
    role: Role


@dataclass(eq=False)
class TooManySourcesError(ConflictError):
    """The user has the maximum number of sources."""

    code = "source.too_many"
    max: int


@dataclass(eq=False)
class SourceNameTakenError(ConflictError):
    """The user has another source of this name."""

    code = "source.name_taken"
    name: str


@dataclass(eq=False)
class SourceHasAddressError(ConflictError):
    """A file was sent for a source that is fetched from an address."""

    code = "source.has_address"
    name: str


@dataclass(eq=False)
class SourceHoldsOtherError(ConflictError):
    """A file of listings was sent for a source of clients' requests, or the other way round."""

    code = "source.holds_other"
    name: str
