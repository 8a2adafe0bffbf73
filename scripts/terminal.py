"""The console of commands that print text typed by users, such as names of cities."""

import re
from typing import Any

from rich.console import Console
from rich.text import Text

#: Characters that control a terminal: control characters except tab and line break, and marks of writing direction.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

#: The width outside a terminal, greater than that of any table.
UNLIMITED_WIDTH = 10_000


class Terminal(Console):
    """
    A console that prints users' text literally, without interpreting markup, which could break a command, and without
    control characters. If the output is not a terminal (a pipe, a file), lines are neither truncated nor wrapped.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(markup=False, **kwargs)
        if not self.is_terminal and "width" not in kwargs:
            self.width = UNLIMITED_WIDTH

    def render_str(self, text: str, **kwargs: Any) -> Text:
        return super().render_str(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), **kwargs)
