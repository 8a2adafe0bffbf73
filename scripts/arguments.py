"""Types of arguments that several commands accept."""

import click

from models.market.towns.reading import TownError, read_town
from models.translations.catalogue import describe_fault

#: An id of a database row.
ROW_ID = click.IntRange(1, 2**63 - 1)


class Name(click.ParamType):
    """A name; not empty, and no longer than the column that stores it."""

    name = "text"

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length  # characters

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        value = value.strip()
        if not 0 < len(value) <= self.max_length:
            self.fail(f"give a name of 1 to {self.max_length} characters", param, ctx)
        return value


class CityName(Name):
    """The name of a city in any spelling."""

    name = "city"

    def __init__(self) -> None:
        super().__init__(max_length=100)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        value = super().convert(value, param, ctx)
        try:
            read_town(value)
        except TownError as error:
            self.fail(describe_fault("en", error.fault), param, ctx)
        return value
