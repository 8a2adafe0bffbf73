"""Fields of requests and answers; each rule about a kind of value is defined once, in this module."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from models.core.amount_words import Unit
from models.core.amounts import read_amount, read_number
from models.core.base import LARGEST_ID, MAX_MONEY
from models.core.numbers import UnreadableError
from models.market.places import NO_CURRENCY
from models.market.towns.reading import TownError, read_town

#: The largest area in square metres that a column can hold.
LARGEST_AREA = 99_999_999
#: More rooms than any home has.
MAX_ROOMS = 100

#: All characters that people see as blank, in any script. They are listed because Python, ECMAScript (whose patterns
#: OpenAPI uses) and PostgreSQL each define white space differently.
_BLANK = "\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff"
NOT_BLANK = f"[^{_BLANK}]"
LONGEST_PHONE = 40
_DIGITS = re.compile("[1-9][0-9]*")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,24}")
#: A number as our answers and other programs write it in a JSON string: "260000.00".
_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{1,24})?", re.ASCII)
#: An exponent, as programs write numbers below 0.0001; people do not write exponents.
_TINY = re.compile(r"[0-9](?:\.[0-9]+)?[eE]-[0-9]{1,3}", re.ASCII)
_TYPED_THOUSANDS = re.compile(r"[0-9]{1,3}\.[0-9]{2}0", re.ASCII)
_HAS_SIGN = re.compile(NOT_BLANK)


def described(kwargs: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """A field's *kwargs*, with *defaults* for missing metadata.

    >>> described({"metadata": {"format": "town"}}, format="word", example="Алматы")
    {'metadata': {'format': 'town', 'example': 'Алматы'}}
    """
    return {**kwargs, "metadata": defaults | dict(kwargs.get("metadata") or {})}


class Text(fields.String):
    """Text that PostgreSQL can store, of 1 to *longest* characters (0 allowed with `empty=True`)."""

    def __init__(self, longest: int, *, empty: bool = False, **kwargs: Any) -> None:
        rules = [validate.Length(min=0 if empty else 1, max=longest)]
        extra = kwargs.pop("validate", None)
        rules += extra if isinstance(extra, list) else [extra] if extra else []
        super().__init__(validate=rules, **(kwargs if empty else described(kwargs, pattern=NOT_BLANK)))
        self.empty = empty

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
            raise ValidationError("text.forbidden_characters")
        if not self.empty and text and not _HAS_SIGN.search(text):
            raise ValidationError("value.blank")
        return text


class PasswordText(Text):
    """A password of *shortest* to *longest* characters, blanks included; never in an answer."""

    def __init__(self, shortest: int, longest: int, **kwargs: Any) -> None:
        shape = validate.Length(min=shortest)
        required = kwargs.pop("required", True)
        super().__init__(longest, empty=True, required=required, load_only=True, validate=shape, **kwargs)


class Town(Text):
    """The name of one town in any spelling, of 1 to 100 characters; several towns, or no town, are refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(100, **described(kwargs, format="town", example="Алматы"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) <= 100:  # the validator refuses longer text
            try:
                read_town(text)
            except TownError as error:
                raise ValidationError(error.fault) from None
        return text


class ShownCurrency(fields.String):
    """The ISO 4217 code of an amount's currency; null if none is known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, metadata={"description": "ISO 4217; null: unknown."}, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return shown_currency(value)


def shown_currency(code: str | None) -> str | None:
    """The currency's code as answers show it."""
    return None if code == NO_CURRENCY else code


def words(format_: str, examples: str) -> dict[str, str]:
    """Metadata of a text that must be a word of a vocabulary; `models.core.free_text` knows all spellings."""
    return {"format": format_, "description": examples}


class Phone(Text):
    """
    A phone in any usual spelling; models.accounts.users.normal_phone converts it to E.164 and refuses invalid ones.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LONGEST_PHONE, **kwargs)
        # The format is sufficient: length limits would suggest that other texts of that length are valid phones.
        self.validators = []
        self.metadata = {"format": "phone", "example": "+77011234567"} | kwargs.get("metadata", {})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        validate.Length(min=1, max=LONGEST_PHONE)(text)
        return text


class Email(Text):
    """An e-mail address; models.accounts.users.normal_email checks it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(254, **described(kwargs, format="email"))


class Number(fields.Field):
    """
    A finite number from *minimum* to *maximum*, kept to *decimals* decimals. A string of digits is accepted, true and
    false are not.
    """

    def __init__(self, minimum: Decimal | int, maximum: Decimal | int, *, decimals: int = 2, **kwargs: Any) -> None:
        # apispec reads limits only from marshmallow's own number fields.
        limits = {"minimum": float(minimum), "maximum": float(min(maximum, MAX_MONEY))}
        super().__init__(**described(kwargs, type="number", **limits))
        self.span = validate.Range(min=minimum, max=maximum)
        self._step = Decimal(1).scaleb(-decimals)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            value = self.number_of(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValidationError("number.not_finite")
        self.span(value)  # before rounding, which would admit values just outside the limits
        return Decimal(str(value)).quantize(self._step, ROUND_HALF_UP) + 0  # turns -0.0 into 0

    def number_of(self, value: Any) -> Decimal:
        """The number in a text that was sent in place of a number; raises ValidationError."""
        return digits(value, "number.invalid")

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> int | float | None:
        return None if value is None else plain(value)


class FormNumber(Number):
    """A number in a form or query, where everything is text: as people or programs write it (models.core.amounts)."""

    def __init__(
        self, minimum: Decimal | int, maximum: Decimal | int, *, unit: Unit = Unit.NONE, **kwargs: Any
    ) -> None:
        super().__init__(minimum, maximum, **kwargs)
        self.unit = unit

    def number_of(self, value: Any) -> Decimal:
        if not isinstance(value, str):
            raise ValidationError("number.invalid")
        if _TINY.fullmatch(value):
            return Decimal(value)
        try:
            return self.read(value)
        except UnreadableError as error:
            raise ValidationError(error.fault) from None

    def read(self, text: str) -> Decimal:
        return read_number(text, self.unit, negative=True, machine=True)


class FormMoney(FormNumber):
    """An amount of money in a form or query, not negative; its currency is in another field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, MAX_MONEY, **kwargs)

    def read(self, text: str) -> Decimal:
        # Programs do not write trailing zeros: 150.000 was typed by a person and may mean thousands.
        amount = read_amount(text, machine=not _TYPED_THOUSANDS.fullmatch(text.strip()))
        if amount.currency is not None:
            raise UnreadableError("amount.currency_apart", text=amount.currency)
        return amount.value


def money(**kwargs: Any) -> Number:
    """An amount of money, not negative."""
    return Number(0, MAX_MONEY, **kwargs)


class Whole(fields.Integer):
    """A whole number from *minimum* to *maximum*; 2.0 and "2" are accepted, true is not."""

    def __init__(self, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=minimum, max=maximum), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            value = digits(value, "number.not_integer")
        if isinstance(value, float) and not value.is_integer():
            raise ValidationError("number.not_integer")
        if isinstance(value, Decimal) and value != value.to_integral_value():
            raise ValidationError("number.not_integer")
        return int(value)


class FormWhole(fields.Integer):
    """A whole number in a form or query, where everything is text."""

    def __init__(self, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=minimum, max=maximum), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and not _WHOLE_NUMBER.fullmatch(value.strip(" ")):
            raise ValidationError("number.not_integer")
        return super()._deserialize(value, attr, data, **kwargs)


class YesNo(fields.Boolean):
    """true or false in a JSON body; 1, "yes" and the like are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("value.not_boolean")
        return value


class FormYesNo(fields.Boolean):
    """true or false in a form or query, where everything is text; 1 and 0 are accepted too."""

    words = {"true": True, "1": True, "false": False, "0": False}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, str) or value not in self.words:
            raise ValidationError("value.not_boolean")
        return self.words[value]


class IdText(fields.Field):
    """An id as the exchange contract writes it: a string of digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**described(kwargs, type="string", pattern="^[1-9][0-9]{0,17}$"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        return id_of_digits(value, longest=18)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)


class IdNumber(fields.Integer):
    """An id in a JSON body of the swipe and portal contracts: a number, or its digits as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**described(kwargs, minimum=1, maximum=LARGEST_ID))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        return row_id(value)


class FormId(IdNumber):
    """An id in a query, where everything is text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        return id_of_digits(value, longest=19)


def row_id(value: Any) -> int:
    """An id from a JSON body; raises ValidationError unless it is a whole number within the range of row ids."""
    if isinstance(value, str):
        return id_of_digits(value, longest=19)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 2.0 is whole, as everywhere
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise ValidationError("value.not_id")
    return value


def digits(value: Any, refusal: str) -> Decimal:
    """
    A number written in digits; raises ValidationError, with the code *refusal*, for anything else.

    >>> digits("260000.00", "number.invalid")
    Decimal('260000.00')
    """
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValidationError(refusal)
    return Decimal(value)


def id_of_digits(value: Any, longest: int) -> int:
    """An id written in at most *longest* digits, without leading zeros; raises ValidationError."""
    if not isinstance(value, str) or len(value) > longest or not _DIGITS.fullmatch(value):
        raise ValidationError("value.not_id")
    return row_id(int(value))


class Moment(fields.Field):
    """A moment in UTC, ISO 8601 with Z, to the microsecond."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **described(kwargs, type="string", format="date-time"))

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else moment(value)


def moment(value: datetime) -> str:
    """
    >>> moment(datetime(2025, 11, 30, 12, 0, tzinfo=UTC))
    '2025-11-30T12:00:00.000000Z'
    """
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: Decimal | float) -> int | float:
    """A number as JSON should show it: whole numbers without a fraction."""
    return int(value) if value == int(value) else float(value)
