"""
Build the help, the pages of docs/ as a site: `python docs/site/build.py FOLDER`; `make docs` calls it.

The pages are written for readers of the repository. The build copies them to one folder, together with pages of
reference that are generated from the code. Links to files that are not on the site become plain text.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

SITE = Path(__file__).resolve().parent
DOCS = SITE.parent
ROOT = DOCS.parent

#: Pages in the repository's root that are on the site too.
OUTER = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")

LINK = re.compile(r"(?<!\\)(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"^(```.*?^```$)", re.M | re.S)


def build(folder: Path) -> None:
    """
    Write the site into *folder*, replacing its content.

    Raises:
        SystemExit: Sphinx finds a fault: a broken link, or a page that is in no list of pages.
    """
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory(prefix="leadmatch-help-") as temporary:
        pages = Path(temporary) / "pages"
        lay_out(pages)
        made = Path(temporary) / "made"
        options = ["--fail-on-warning", "--keep-going", "-q", "-b", "html", "-d", f"{temporary}/state"]
        if build_main([*options, "-c", str(SITE), str(pages), str(made)]):
            sys.exit("docs: the help cannot be built; what is wrong stands above")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, folder, ignore=shutil.ignore_patterns(".buildinfo", "objects.inv", "_sources"))


def lay_out(pages: Path) -> None:
    """Write the site's sources into the folder *pages*."""
    shutil.copytree(DOCS, pages, ignore=shutil.ignore_patterns("site", "__pycache__"))
    for name in OUTER:
        shutil.copyfile(ROOT / name, pages / name)
    for page in sorted(pages.rglob("*.md")):
        page.write_text(links_of_the_site(page, pages))
    sys.path[:0] = [str(ROOT), str(SITE)]
    from reference import write_reference

    write_reference(pages / "reference")


def links_of_the_site(page: Path, pages: Path) -> str:
    """The text of *page* with links that work on the site; a link to a file that is not there becomes its words."""
    of_docs = page.relative_to(pages)
    original = ROOT / of_docs if str(of_docs) in OUTER else DOCS / of_docs

    def replaced(match: re.Match[str]) -> str:
        mark, words, target = match.groups()
        path, hash_mark, anchor = target.partition("#")
        if not path or "://" in path or path.startswith(("/", "mailto:")):
            return match[0]
        named = (original.parent / path).resolve()
        for base in (DOCS, ROOT):
            if named.is_relative_to(base):
                inside = named.relative_to(base)
                is_ours = base == DOCS or str(inside) in OUTER
                if is_ours and (pages / inside).is_file():
                    up = "../" * (len(of_docs.parts) - 1)
                    return f"{mark}[{words}]({up}{inside}{hash_mark}{anchor})"
        return words

    parts = FENCE.split(page.read_text())
    return "".join(part if part.startswith("```") else LINK.sub(replaced, part) for part in parts)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
