"""Errors of the commands; each is printed as one line.

DomainError              models/core/errors.py
└── LaunchError          something on this machine keeps us from starting; the message says what to do
    └── PortBusyError    somebody else listens where we should
"""

from models.core.errors import DomainError


class LaunchError(DomainError):
    """Something on this machine keeps us from starting."""


class PortBusyError(LaunchError):
    """Somebody else listens where we should."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is busy: stop what listens there, or choose another port, as in PORT={port + 1}")
        self.port = port
