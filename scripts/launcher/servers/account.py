"""The account that runs PostgreSQL, and folders that it can access.

PostgreSQL refuses to run as root. If the user is root, an existing unprivileged account runs it. That account must be
able to read the program and enter the data folder, but cannot enter a home under /root. The launcher does not change
the permissions of the user's folders; it moves files that the account cannot access to another place.
"""

import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import LaunchError

#: Accounts that may run PostgreSQL; the first existing one does.
CANDIDATES = ("postgres", "nobody")

#: Parents of folders outside an inaccessible home. They survive a restart of the machine, and every account may enter
#: them. Every account may write to /var/tmp; there the random name of the new folder prevents attacks.
OUTSIDE = (
    Path("/var/lib"),
    Path("/var/db"),
    Path("/var/tmp"),  # noqa: S108 - see above
)


@dataclass(frozen=True)
class Account:
    """An account other than the present one."""

    name: str
    uid: int
    gid: int

    @property
    def popen_options(self) -> dict:
        """Arguments of :class:`subprocess.Popen` that run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Return whether the account can enter *folder*, by trying: modes, access lists and mounts all matter."""
        command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        return self._succeeds(command)

    def can_run(self, program: Path) -> bool:
        return self._succeeds([str(program), "--version"])

    def own(self, folder: Path) -> None:
        os.chown(folder, self.uid, self.gid)

    def _succeeds(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(command, cwd="/", capture_output=True, check=False, **self.popen_options)
        except OSError:
            return False
        return done.returncode == 0


def account_for_postgres() -> Account | None:
    """Return the account that must run PostgreSQL; None: the present one."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise LaunchError(
        f"PostgreSQL refuses to run as root, and there is no account {' or '.join(CANDIDATES)} to run it as"
    )


def reachable_folder(folder: Path, account: Account | None) -> Path:
    """
    Return *folder*, created if necessary, or a replacement that *account* can enter.

    In the second case *folder* becomes a link to the replacement, so that later starts and its owner find it. The
    replacement has a random name, so that a new home never gets the data of a deleted one.
    """
    folder = folder.absolute()
    if folder.is_symlink():
        return _linked(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if account is None or account.can_enter(folder):
        return folder.resolve()
    if any(folder.iterdir()):
        raise LaunchError(
            f"the account {account.name} cannot enter {folder}, which is not empty: let it in, or move the folder away"
        )
    outside = _folder_outside()
    folder.rmdir()
    folder.symlink_to(outside, target_is_directory=True)
    return outside


def _linked(folder: Path) -> Path:
    if not folder.is_dir():
        raise LaunchError(
            f"{folder} leads to {os.readlink(folder)}, which is gone: put it back, or delete the link to start over"
        )
    return folder.resolve()


def _folder_outside() -> Path:
    for parent in OUTSIDE:
        if parent.is_dir():
            folder = parent / f"leadmatch-{secrets.token_hex(6)}"
            folder.mkdir(mode=0o755)  # Fails if it exists, so nobody else can have prepared it.
            folder.chmod(0o755)  # Independent of our umask: the account must be able to enter its folder inside.
            return folder
    raise LaunchError(f"none of {', '.join(map(str, OUTSIDE))} exists to keep PostgreSQL's data in")


def runnable_copy(package: Path, program: str, account: Account | None, store: Path) -> Path:
    """
    Return the folder *package* itself if *account* can run its *program*, otherwise a copy of it in *store*.

    The libraries that a wheel's builder put beside the package (``package.libs``; ``.dylibs`` inside it on macOS) are
    copied in the same arrangement, because the programs find them by relative path.

    Args:
        package: A package's folder in site-packages.
        program: Path of an executable inside it.
        store: Folder for the copy, whose name contains the program's age and size, so that a new release is copied
        again.
    """
    if account is None or account.can_run(package / program):
        return package
    facts = (package / program).stat()
    copies = store / f"programs-{facts.st_mtime_ns:x}-{facts.st_size:x}"
    if not copies.is_dir():
        draft = store / f"{copies.name}.new"
        shutil.rmtree(draft, ignore_errors=True)
        leave = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a", "__pycache__")
        for part in (package, package.with_name(package.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, draft / part.name, symlinks=True, ignore=leave)
        _make_readable(draft)
        draft.rename(copies)
        for old in store.glob("programs-*"):
            if old != copies:
                shutil.rmtree(old, ignore_errors=True)
    if not account.can_run(copies / package.name / program):
        raise LaunchError(f"the account {account.name} cannot run {copies / package.name / program}")
    return copies / package.name


def _make_readable(root: Path) -> None:
    """Make all files readable, independent of the umask here and at installation; the programs are public."""
    for folder, _, files in os.walk(root):
        os.chmod(folder, 0o755)  # noqa: S103 - public programs
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
