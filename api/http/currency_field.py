"""The field of an amount's currency in requests."""

from typing import Any

from marshmallow import ValidationError

from api.http.fields import Text, words
from models.core.errors import InvalidValueError
from models.core.free_text import currency_of


class Currency(Text):
    """A currency's ISO 4217 code, or its usual word or sign; with null or a blank text the town decides."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = words("currency-word", "ISO 4217, or a word (рубли, тенге); the town's own unless named.")
        super().__init__(50, empty=True, allow_none=True, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return currency_of(text) or ""
        except InvalidValueError as error:
            raise ValidationError(error.fault) from None
