"""Errors of the matching engine; if one reaches HTTP the bug is ours, so they know no status.

MatchingError
├── InvalidInputError     also a ValueError: arrays that contradict each other or their documented ranges
└── ScoringStoppedError   the caller's should_stop said so; nothing was published
"""


class MatchingError(Exception):
    """The engine cannot do what was asked."""


class InvalidInputError(MatchingError, ValueError):
    """The input contradicts itself or its documented range."""


class ScoringStoppedError(MatchingError):
    """Scoring was stopped by its caller before it was done."""
