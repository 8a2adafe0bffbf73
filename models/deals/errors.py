"""Errors of deals that carry facts."""

from dataclasses import dataclass

from models.core.enums import InquiryStatus, MatchStatus
from models.core.errors import ConflictError


@dataclass(eq=False)
class InquiryCannotGoBackError(ConflictError):
    """An inquiry moves forward only."""

    code = "inquiry.cannot_go_back"
    present: InquiryStatus
    wanted: InquiryStatus


@dataclass(eq=False)
class MatchNotAcceptedError(ConflictError):
    """Only an accepted match can be completed."""

    code = "match.not_accepted"
    status: MatchStatus


@dataclass(eq=False)
class MatchNotCompletedError(ConflictError):
    """Only a completed match can be objected to."""

    code = "match.not_completed"
    status: MatchStatus


@dataclass(eq=False)
class WeightsLiveAlreadyError(ConflictError):
    """The set of weights to activate is active already."""

    code = "weights.live_already"
    set_id: int
