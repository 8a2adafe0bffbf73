"""LEADMATCH_HOME: the folder with the state of one instance of the system.

::

    home/
      leadmatch.env    variables of the processes: addresses with passwords, readable by the owner only
      run.lock         held by the `leadmatch run` of this home
      secret-key       signs tokens; created once, so that tokens outlive a restart
      postgres/        see scripts/launcher/servers; a link to another folder if root's PostgreSQL cannot enter the home
      valkey/
      media/           uploads
      ends/            a file per process that counts its unexpected ends during the present run: a byte each time
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from models.platform.checkout import default_home
from scripts.errors import LaunchError
from scripts.launcher.servers.state import write_private

#: Environment variable with the path of the home; all processes that `leadmatch run` starts inherit it.
MARK = "LEADMATCH_RUN"


class Home:
    """One home folder, existing or not."""

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

    @property
    def ends(self) -> Path:
        return self.path / "ends"

    def prepare(self) -> None:
        """
        Create the folder if it does not exist.

        Raises:
            LaunchError: The folder is not writable.
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
        Become the only `leadmatch run` of this home, until the returned file is closed or this process ends.

        Raises:
            LaunchError: Another `leadmatch run` holds the lock.
        """
        file = open(self.path / "run.lock", "a+")
        try:
            # A record lock, not flock(), because children inherit the descriptor and must not inherit the lock.
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

    def secret_key(self, report: Callable[[str], None]) -> str:
        """
        Return the key of this home, created at the first call; if it is lost, create a new one and call *report*.
        """
        path = self.path / "secret-key"
        key = path.read_text(errors="replace").strip("\0 \n") if path.exists() else None
        if not key:
            if key is not None:
                report(f"{path} was empty, as after a power cut: a new key is made, and everybody has to sign in again")
            key = secrets.token_urlsafe(48)
            write_private(path, key)
        return key

    def move_stray_uploads(self, report: Callable[[str], None]) -> None:
        """Move uploads into the home that an earlier release stored outside it.

        That release used the percent-encoded form of the path as a folder if the path contained a blank, a Cyrillic
        letter, % or #.
        """
        media = self.path / "media"
        stray = Path(media.as_uri().removeprefix("file://"))
        if stray == media or not stray.is_dir() or media.exists():
            return
        shutil.move(stray, media)
        for folder in stray.parents:
            try:
                folder.rmdir()  # only if empty: it was created only for the uploads
            except OSError:
                break
        report(f"Uploads of this home lay in {stray}; they are moved to {media}.")

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """Store *variables* for commands in other shells."""
        lines = [f"{name}={value}\n" for name, value in sorted(variables.items())]
        if any("\n" in value for value in variables.values()):
            raise LaunchError("a setting holds a line break")
        write_private(self.path / "leadmatch.env", "".join(lines))

    def read_environment(self) -> dict[str, str]:
        """Return the stored variables; empty if there are none, or if the file is not readable."""
        try:
            # Split in bytes, because a path may contain other characters that end a line.
            lines = (self.path / "leadmatch.env").read_bytes().decode().split("\n")
        except OSError:
            return {}
        pairs = (line.partition("=") for line in lines if "=" in line)
        return {name: value for name, _, value in pairs}


def load_home_environment() -> None:
    """Set the variables of the system that runs from this home, unless the environment sets them."""
    for name, value in Home.from_env().read_environment().items():
        os.environ.setdefault(name, value)
