"""
Extracts the commands of how-tos and tutorials from the pages, so that tests run exactly those commands.

Commands are all lines in a page's `sh` and `console` blocks, and text between backticks that begins with `leadmatch`.
The page's test (test_howtos.py, test_tutorials.py) runs each of them, unless NOT_RUN lists it with a reason.
"""

import re
import textwrap

from tests.conftest import ROOT

FOLDERS = ("howto", "tutorials")

CONTAINERS = "needs a container engine; test_deploy.py holds the compose file to what exists"
HOST = "changes the host: an account, /etc, systemd; test_deploy.py holds the units to the Procfile"
DOWNLOAD = "downloads packages; test_wheel.py installs the wheel beside libraries that are there"

#: Page -> beginning of a line -> the reason why its test does not run it.
NOT_RUN = {
    "howto/deploy": {
        "docker compose --file deploy/compose.yaml up --detach --build": CONTAINERS,
        "docker compose --file deploy/compose.yaml exec web1 leadmatch create-admin": CONTAINERS,
        "useradd --system": HOST,
        "git clone https://leadmatch.example/source": "the address stands for yours",
        "python3 -m venv .venv": DOWNLOAD,
        ".venv/bin/pip install --no-deps --no-build-isolation --editable .": DOWNLOAD,
        "install -D -m 0600 /dev/null /etc/leadmatch/environment": HOST,
        "cp deploy/systemd/*.service /etc/systemd/system/": HOST,
        "systemctl enable --now": HOST,
        "pip install": DOWNLOAD,
    },
    "howto/upgrade": {
        "docker compose --file deploy/compose.yaml build": CONTAINERS,
        "docker compose --file deploy/compose.yaml run --rm release": CONTAINERS,
        "docker compose --file deploy/compose.yaml up --detach --no-deps web1": CONTAINERS,
        "docker compose --file deploy/compose.yaml up --detach --no-deps web2": CONTAINERS,
        "docker compose --file deploy/compose.yaml up --detach --no-deps worker runner bot beat": CONTAINERS,
    },
    "tutorials/ops": {
        "pip install": DOWNLOAD,
        "leadmatch run": "test_wheel.py and tests/scripts/test_run.py run it",
    },
}


def names() -> list[str]:
    """Every how-to and tutorial: `howto/deploy`."""
    return sorted(f"{folder}/{path.stem}" for folder in FOLDERS for path in (ROOT / "docs" / folder).glob("*.md"))


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text()


def blocks(page: str, *languages: str) -> list[str]:
    """
    The page's fenced blocks of these languages, without the indentation of blocks in lists.

    >>> [block.split()[0] for block in blocks("howto/upgrade", "sh")]
    ['leadmatch', 'docker']
    """
    of_them = "|".join(languages)
    fenced = re.findall(rf"^( *)```(?:{of_them})\n(.*?)^\1```$", text_of(page), re.M | re.S)
    return [textwrap.dedent(block) for _, block in fenced]


def lines(page: str) -> list[str]:
    """Every line of the page's commands, in their order."""
    return [line for block in blocks(page, "sh", "console") for line in block.splitlines()]


def inline(page: str) -> list[str]:
    """Commands within sentences, in their order, each once: `leadmatch runs`, `leadmatch health web`."""
    prose = re.sub(r"^( *)```.*?^\1```$", "", text_of(page), flags=re.M | re.S)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    return list(dict.fromkeys(span for span in spans if re.match(r"(\.venv/bin/)?leadmatch [a-z]", span)))


def begins(line: str, beginning: str) -> bool:
    """Whether a line begins with these words; `leadmatch runs` does not begin with `leadmatch run`."""
    return re.match(re.escape(beginning) + r"(?!\w)", line.strip()) is not None


def is_run(page: str, line: str) -> bool:
    return not any(begins(line, beginning) for beginning in NOT_RUN.get(page, {}))


def script(page: str, **replaced: str) -> str:
    """The page's blocks as a bash script; *replaced* are placeholders and the reader's values for them."""
    kept = [line for line in lines(page) if is_run(page, line)]
    return with_own("set -euo pipefail\n" + "\n".join(kept) + "\n", replaced)


def with_own(text: str, replaced: dict[str, str]) -> str:
    """*text* with the reader's values; each placeholder must be in it."""
    for old, new in replaced.items():
        assert old in text, f"{old!r} stands nowhere in:\n{text}"
        text = text.replace(old, new)
    return text
