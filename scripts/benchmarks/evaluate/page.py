"""The page docs/evaluation.md: marked sections, so that one can be measured again while the others stay."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_MARK = re.compile(r"^<!-- section: (\w+) -->$", re.MULTILINE)


def read_sections(path: Path) -> dict[str, str]:
    """The page's present sections by name; empty if there is no page or it has no marks.

    >>> read_sections(Path("nowhere.md"))
    {}
    """
    if not path.exists():
        return {}
    _, *parts = _MARK.split(path.read_text(encoding="utf-8"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def write_page(path: Path, intro: Sequence[str], sections: Mapping[str, str], order: Sequence[str]) -> None:
    """Rewrite the page: *intro*, then *sections* in *order*; sections that were never measured are left out."""
    lines = ["\n".join(intro)]
    lines += [f"<!-- section: {name} -->\n\n{sections[name].strip()}" for name in order if name in sections]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
