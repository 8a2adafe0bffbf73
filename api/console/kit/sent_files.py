"""Check the files of a form, and give the reason for each refused file."""

from collections.abc import Callable

from werkzeug.datastructures import FileStorage

from api.console.kit.i18n import translate_error, translate_fault
from models.core.errors import Fault, InvalidFileError


def check_files(
    files: list[FileStorage], check: Callable[[FileStorage], object], *, maximum: int, too_many: str
) -> tuple[list[FileStorage], list[tuple[str, str]]]:
    """Return the accepted files, and the names of the refused ones, each with the reason.

    Args:
        check: Raises InvalidFileError for a file that is not accepted.
        maximum: The number of files that are checked.
        too_many: The code of the fault of each further file.
    """
    good: list[FileStorage] = []
    reason = translate_fault(Fault(too_many, max=maximum))
    refused = [(short_name(each), reason) for each in files[maximum:]]
    for each in files[:maximum]:
        try:
            check(each)
            good.append(each)
        except InvalidFileError as error:
            refused.append((short_name(each), translate_error(error)))
    return good, refused


def short_name(file: FileStorage) -> str:
    """A file's name as a page shows it: its last 80 characters."""
    return (file.filename or "")[-80:]
