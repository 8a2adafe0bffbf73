"""The English messages of errors and faults, for tests that look for a word in them."""

from models.core.errors import DomainError
from models.translations.catalogue import describe_error, describe_fault


def english(error: DomainError | str) -> str:
    return describe_error("en", error) if isinstance(error, DomainError) else describe_fault("en", error)
