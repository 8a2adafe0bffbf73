"""LEADMATCH_HOME: the folder where a copy of the system keeps its state.

::

    home/
      leadmatch.env    what the processes were started with: addresses with passwords, for its owner's eyes
      run.lock         held by the `leadmatch run` of this home
      secret-key       signs tokens; made once, so that tokens outlive a restart
      postgres/        see scripts/servers; a link elsewhere when root's PostgreSQL cannot enter here
      valkey/
      media/           uploads
"""

import fcntl
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from models.platform.settings import default_home
from scripts.errors import LaunchError
from scripts.launcher.servers.state import write_private

#: Names the home whose processes these are; inherited by all that `leadmatch run` starts.
MARK = "LEADMATCH_RUN"


class Home:
    """One home, prepared or not."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        return cls(Path(environ.get("LEADMATCH_HOME") or default_home()))

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    def prepare(self) -> None:
        """
        Make the folder if need be.

        Raises:
            LaunchError: We may not write there.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise LaunchError(
                f"cannot write in {self.path} ({error.strerror}): set LEADMATCH_HOME to a folder where you can"
            ) from None

    def lock(self) -> IO[str]:
        """
        Become the only `leadmatch run` of this home, until the returned file is closed or we end, in any way.

        Raises:
            LaunchError: Another one is.
        """
        file = open(self.path / "run.lock", "a+")
        try:
            # A record lock, not flock(): our children inherit the descriptor, and must not inherit the lock.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise LaunchError(
                f"Leadmatch already runs with its state in {self.path} (process {holder}): stop it,"
                " or set LEADMATCH_HOME to another folder and PORT to another port"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        return file

    def secret_key(self) -> str:
        """The key of this home, made at the first call."""
        path = self.path / "secret-key"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        return path.read_text().strip()

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """Keep *variables* for commands given in other shells."""
        lines = [f"{name}={value}\n" for name, value in sorted(variables.items())]
        if any("\n" in value for value in variables.values()):
            raise LaunchError("a setting holds a line break")
        write_private(self.path / "leadmatch.env", "".join(lines))

    def read_environment(self) -> dict[str, str]:
        """What :meth:`write_environment` kept; nothing if nothing was, or if it is not ours to read."""
        try:
            lines = (self.path / "leadmatch.env").read_text().splitlines()
        except OSError:
            return {}
        pairs = (line.partition("=") for line in lines if "=" in line)
        return {name: value for name, _, value in pairs}


def load_home_environment() -> None:
    """Take over the settings of the system that runs from our home, where the environment names no others."""
    for name, value in Home.from_env().read_environment().items():
        os.environ.setdefault(name, value)
