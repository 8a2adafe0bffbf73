"""
The build backend of the wheel (named in pyproject.toml). It copies files that a checkout has beside the packages into
the packages, and calls setuptools. A wheel contains packages only, but `leadmatch run` needs the Procfile and the
schedule, and the web process needs the help, which is built from docs/.
"""

import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (  # operations that this module does not change
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ROOT = Path(__file__).resolve().parents[2]

#: Where models/platform/checkout.py finds them without a checkout.
INSTALLED = ROOT / "models" / "platform" / "installed"
FILES = ("Procfile", "celerybeat-schedule")

#: Where api/server/help_pages.py finds the help without a checkout.
HELP = ROOT / "api" / "server" / "help_site"


class UnsupportedOperation(Exception):
    """This backend does not support the operation."""


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """The requirements of setuptools, and those of the code: building the help imports it to generate the reference."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    listed = [setup["options"]["install_requires"], setup["options.extras_require"]["docs"]]
    ours = [line for text in listed for line in text.splitlines() if line and not line.startswith("#")]
    return [*build_meta.get_requires_for_build_wheel(config_settings), *ours]


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    # setuptools would include files of an earlier build, even modules that have been deleted since.
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)
    with _laid_in():
        return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    raise UnsupportedOperation("Leadmatch is released as a wheel: pip wheel --no-deps .")


@contextmanager
def _laid_in() -> Iterator[None]:
    INSTALLED.mkdir(exist_ok=True)
    try:
        subprocess.run([sys.executable, ROOT / "docs" / "site" / "build.py", HELP], check=True)
        for name in FILES:
            shutil.copyfile(ROOT / name, INSTALLED / name)
        yield
    finally:
        shutil.rmtree(INSTALLED)
        shutil.rmtree(HELP, ignore_errors=True)
