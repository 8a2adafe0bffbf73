"""Recognises Office documents by content: a ZIP with the parts of a text or of a workbook, and without macros."""

import zipfile
from typing import IO

#: A part that each type contains -> the extension of its files.
OFFICE_PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
MAX_ENTRIES = 5000  # of a ZIP that is checked


def office_ending(stream: IO[bytes]) -> str | None:
    """
    "docx" or "xlsx"; None for any other content, and for documents with macros. Nothing is unpacked.

    The stream is rewound to its beginning.
    """
    try:
        if stream.read(4) != b"PK\x03\x04":  # at its first byte: a polyglot begins as something else
            return None
        with zipfile.ZipFile(stream) as bundle:
            names = set(bundle.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    finally:
        stream.seek(0)
    if "[Content_Types].xml" not in names or len(names) > MAX_ENTRIES:
        return None
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        return None
    endings = {ending for part, ending in OFFICE_PARTS.items() if part in names}
    return endings.pop() if len(endings) == 1 else None
