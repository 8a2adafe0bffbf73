"""Pictures and documents in requests: parts of a multipart body, or addresses."""

import re
from typing import Any

from marshmallow import ValidationError, fields
from werkzeug.datastructures import FileStorage

from api.http.fields import Text, described

#: A host with a dot in it, or an upload's name; no blanks, quotes or backslashes.
_PHOTO_ADDRESS = re.compile(
    r"https://[^\s/?#\\\"'<>@:]+\.[^\s/?#\\\"'<>@:.]{2,}(:[0-9]{1,5})?([/?#][^\s\\\"<>]*)?|/media/[\w.-]{10,60}",
    re.IGNORECASE,
)
#: The address of a stored file, as answers contain it.
_STORED_FILE = re.compile(r"(https?://[^\s\\\"<>]{1,1900})?/media/[\w.-]{10,60}", re.ASCII)


class PhotoAddress(Text):
    """The address of a picture: an https URL, or the URL of an upload here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(2000, **described(kwargs, example="https://example.com/1.jpg"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs).strip()
        if address.lower().startswith("http://"):
            raise ValidationError("picture.not_https")
        if not _PHOTO_ADDRESS.fullmatch(address):
            raise ValidationError("picture.not_address")
        return address


class File(fields.Field):
    """
    A file of a multipart body; None if a browser sent an empty part because no file was chosen, or if a client sent
    back the URL of the stored file.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_only=True, allow_none=True, **described(kwargs, type="string", format="binary"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> FileStorage | None:
        if isinstance(value, str) and _STORED_FILE.fullmatch(value):
            return None
        if not isinstance(value, FileStorage):
            raise ValidationError("value.not_file")
        return value if value.filename else None
