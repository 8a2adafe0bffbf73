"""How many random histories, markets and texts are tried: a few by `make test`, many by `make test-at-length`."""

import os

AT_LENGTH = bool(os.environ.get("AT_LENGTH"))


def examples(few: int, many: int) -> int:
    """*few*, or *many* where the tests run at length."""
    return many if AT_LENGTH else few
