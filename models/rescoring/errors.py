"""Errors of requests about rescoring runs."""

from dataclasses import dataclass

from models.core.enums import RunScope, RunState
from models.core.errors import ConflictError


@dataclass(eq=False)
class RunInProgressError(ConflictError):
    """Another run over everything, or over the same markets, is in progress."""

    code = "run.going"
    run_id: int
    scope: RunScope


@dataclass(eq=False)
class RunEndedError(ConflictError):
    """A finished run cannot be cancelled."""

    code = "run.ended"
    run_id: int
    state: RunState


@dataclass(eq=False)
class RunNotFailedError(ConflictError):
    """Only a failed run can be retried."""

    code = "run.not_failed"
    run_id: int
    state: RunState


@dataclass(eq=False)
class MarketHasRunError(ConflictError):
    """Another open run covers a market of the run to retry."""

    code = "run.same_market_going"
    run_id: int
