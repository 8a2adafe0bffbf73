"""Errors of the matching engine; if one reaches HTTP, it is our bug, so they have no HTTP status.

MatchingError
├── InvalidInputError     also a ValueError: arrays that contradict each other or their documented ranges
└── ScoringStoppedError   the caller's should_stop returned true; nothing was published
"""


class MatchingError(Exception):
    """The engine cannot perform the requested operation."""


class InvalidInputError(MatchingError, ValueError):
    """The input contradicts itself or its documented range."""


class ScoringStoppedError(MatchingError):
    """Scoring was stopped by its caller before it was done."""
