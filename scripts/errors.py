"""Errors of the commands; each is printed as one line.

DomainError              models/core/errors.py
└── LaunchError          the system cannot start on this machine; the message states what to do
    └── PortBusyError    another program listens on our port
"""

from models.core.errors import DomainError


class LaunchError(DomainError):
    """The system cannot start on this machine."""


class PortBusyError(LaunchError):
    """Another program listens on our port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is busy: stop what listens there, or choose another port, as in PORT={port + 1}")
        self.port = port
