"""Locations of the files beside the packages: the Procfile, the schedule, the default home."""

import os
from pathlib import Path

#: Files beside the packages, by which a folder is recognised as ours.
FILES = ("Procfile", "celerybeat-schedule")

#: Where a wheel contains them (deploy/wheel/leadmatch_build.py).
INSTALLED = Path(__file__).resolve().parent / "installed"


def checkout() -> Path:
    """
    Return the folder with the Procfile and the schedule: the one that contains the packages, otherwise the current
    folder, where operators may keep their own files, otherwise the one installed with the packages.
    """
    for folder in (Path(__file__).resolve().parents[2], Path.cwd()):
        if all((folder / name).is_file() for name in FILES):
            return folder
    return INSTALLED


def default_home() -> Path:
    """
    `var` beside the Procfile, so that a command finds the state regardless of the folder in which it is called; of an
    installed
    wheel a folder of the account's own data: $XDG_DATA_HOME/leadmatch, usually ~/.local/share/leadmatch."""
    folder = checkout()
    if folder != INSTALLED:
        return folder / "var"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "leadmatch"


def is_unreadable(path: Path) -> bool:
    """Whether this account may not read the file."""
    try:
        path.open("rb").close()
    except PermissionError:
        return True
    except OSError:
        pass
    return False
