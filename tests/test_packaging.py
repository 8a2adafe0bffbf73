"""The files that a wheel must contain are declared; building and installing one is part of `make clients`."""

import configparser
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from models.platform import checkout
from models.version import VERSION

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "matching", "models", "scripts", "worker")


def tracked_data() -> set[str]:
    """The files of the packages that are not modules; benchmarks are not installed."""
    of_packages = ["git", "ls-files", *PACKAGES, ":!scripts/benchmarks"]
    listed = subprocess.run(of_packages, cwd=ROOT, check=True, capture_output=True, text=True)
    return {name for name in listed.stdout.splitlines() if not name.endswith(".py") and (ROOT / name).is_file()}


def test_every_file_of_the_packages_is_in_the_wheel():
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    declared = {
        str(path.relative_to(ROOT))
        for package, patterns in setup["options.package_data"].items()
        for pattern in patterns.split(",")
        for path in (ROOT / package).glob(pattern.strip())
    }

    assert len(tracked_data()) > 50
    assert tracked_data() - declared == set()


@pytest.mark.parametrize("name", checkout.FILES)
def test_files_beside_the_packages_are_found_in_a_checkout(name):
    assert (checkout.checkout() / name).is_file()


def test_a_folder_counts_as_a_checkout_only_with_all_of_the_files(tmp_path, monkeypatch):
    """`leadmatch run` in the folder of another program must not start that program."""
    monkeypatch.setattr(checkout, "__file__", str(tmp_path / "site/models/platform/checkout.py"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Procfile").write_text("web: another program")
    assert checkout.checkout() == checkout.INSTALLED
    assert checkout.default_home() == tmp_path / "data" / "leadmatch"

    (tmp_path / "celerybeat-schedule").write_text("")
    assert checkout.checkout() == tmp_path
    assert checkout.default_home() == tmp_path / "var"


def test_the_version_has_a_section_in_the_changelog():
    assert re.search(rf"^## {re.escape(VERSION)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_links_out_of_the_help_become_names(tmp_path):
    links_of_the_site = runpy.run_path(str(ROOT / "docs/site/build.py"))["links_of_the_site"]
    (tmp_path / "howto").mkdir()
    (tmp_path / "CHANGELOG.md").touch()
    (tmp_path / "operations.md").touch()
    page = tmp_path / "howto" / "upgrade.md"
    page.write_text(
        "[news](../../CHANGELOG.md), [sizes](../operations.md#sizes), [code](../../models/platform/settings.py),"
        " [far](https://example.com)\n```\n[code](../../models/platform/settings.py)\n```\n"
    )

    assert links_of_the_site(page, tmp_path) == (
        "[news](../CHANGELOG.md), [sizes](../operations.md#sizes), code,"
        " [far](https://example.com)\n```\n[code](../../models/platform/settings.py)\n```\n"
    )
