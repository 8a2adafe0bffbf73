"""The part of an error that may be stored and shown."""

import traceback


def error_location(error: BaseException) -> str:
    """
    Kind of the error and the line that raised it, without its message, which may quote a client's input.

    >>> try:
    ...     int("+7 701 000-00-00")
    ... except ValueError as error:
    ...     error_location(error).partition(" ")[0]
    'ValueError'
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {'/'.join(frames[-1].filename.split('/')[-2:])}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
