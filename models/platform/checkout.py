"""Locations of the files beside the packages: the Procfile, the schedule, the default home."""

import os
from pathlib import Path

#: What stands beside the packages, and what a folder has to hold to be taken for ours.
FILES = ("Procfile", "celerybeat-schedule")

#: Where a wheel keeps them (deploy/wheel/leadmatch_build.py).
INSTALLED = Path(__file__).resolve().parent / "installed"


def checkout() -> Path:
    """
    Return the folder that holds the Procfile and the schedule: around the packages, else the present folder, where ops
    may keep files of their own, else what was installed with the packages.
    """
    for folder in (Path(__file__).resolve().parents[2], Path.cwd()):
        if all((folder / name).is_file() for name in FILES):
            return folder
    return INSTALLED


def default_home() -> Path:
    """`var` beside the Procfile, so that a command finds the state from whichever folder it is called; of an installed
    wheel a folder of the account's own data: $XDG_DATA_HOME/leadmatch, usually ~/.local/share/leadmatch."""
    folder = checkout()
    if folder != INSTALLED:
        return folder / "var"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "leadmatch"
