"""The terminal of commands that tell what strangers typed: names of cities, above all."""

import re
from typing import Any

from rich.console import Console
from rich.text import Text

#: What a terminal obeys rather than shows: control characters, but for tab and line break, and the marks that turn the
#: direction of writing.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Terminal(Console):
    """
    A console on which a stranger's text is but text: neither markup, which breaks a command, nor orders to the
    terminal.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(markup=False, **kwargs)

    def render_str(self, text: str, **kwargs: Any) -> Text:
        return super().render_str(_OBEYED.sub("\N{REPLACEMENT CHARACTER}", text), **kwargs)
