"""Sphinx's configuration; docs/site/build.py calls Sphinx with it."""

from pathlib import Path

project = "Leadmatch"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "theme"
html_theme_path = [str(Path(__file__).parent)]
html_title = "Leadmatch"
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_domain_indices = False
# Pages link to headings: places.md#photos.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["misc.highlighting_failure", "toc.not_included"]
