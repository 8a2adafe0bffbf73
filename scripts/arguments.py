"""Types of arguments that several commands accept."""

import click

from models.market.towns.reading import TownError, read_town
from models.translations.catalogue import describe_fault

#: An id of a database row.
ROW_ID = click.IntRange(1, 2**63 - 1)


class CityName(click.ParamType):
    """The name of a city in any spelling; not empty, and no longer than the column that stores it."""

    name = "city"
    max_length = 100  # characters

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        value = value.strip()
        if not 0 < len(value) <= self.max_length:
            self.fail(f"name a city, in at most {self.max_length} characters", param, ctx)
        try:
            read_town(value)
        except TownError as error:
            self.fail(describe_fault("en", error.fault), param, ctx)
        return value
