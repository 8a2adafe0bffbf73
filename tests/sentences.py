"""What errors and faults say in English, for tests that look for a word of it."""

from models.core.errors import DomainError
from models.translations.catalogue import describe_error, describe_fault


def english(told: DomainError | str) -> str:
    return describe_error("en", told) if isinstance(told, DomainError) else describe_fault("en", told)
