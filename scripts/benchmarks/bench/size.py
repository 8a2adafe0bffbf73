"""The option for the number of rows to measure with."""

from collections.abc import Callable
from typing import Any

import click


class Size(click.ParamType):
    """A number of rows; 20k means 20,000."""

    name = "rows"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).lower()
        digits = text.removesuffix("k")
        if not (digits.isascii() and digits.isdecimal() and int(digits) > 0):
            self.fail(f"{value!r} is no number of rows; write 20000 or 20k", param, ctx)
        return int(digits) * (1000 if text.endswith("k") else 1)


def size_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --size, or SIZE in the environment."""
    return click.option(
        "--size", type=Size(), envvar="SIZE", default=default, show_default=True, help="Leads and properties."
    )
