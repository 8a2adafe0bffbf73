"""Replace marshmallow's messages with codes of the catalogue, so that each can be shown in every language."""

from typing import Any

from marshmallow import Schema, fields, validate

from models.core.errors import Fault

#: Class of field or schema -> key of its message -> code.
MESSAGES: dict[type, dict[str, str]] = {
    fields.Field: {"required": "value.required", "null": "value.null", "validator_failed": "value.invalid"},
    fields.Nested: {"type": "value.not_object"},
    fields.List: {"invalid": "value.not_list"},
    fields.String: {"invalid": "value.not_text", "invalid_utf8": "value.not_text"},
    fields.UUID: {"invalid_uuid": "value.not_uuid"},
    fields.Number: {"invalid": "number.invalid", "too_large": "number.too_large"},
    fields.Integer: {"invalid": "number.not_integer"},
    fields.Float: {"special": "number.not_finite"},
    fields.Decimal: {"special": "number.not_finite"},
    fields.Boolean: {"invalid": "value.not_boolean"},
    fields.DateTime: {"invalid": "date.invalid_moment", "format": "date.invalid_moment"},
    fields.Date: {"invalid": "date.invalid", "format": "date.invalid"},
    fields.Dict: {"invalid": "value.not_object"},
    fields.Url: {"invalid": "value.not_address"},
    fields.Email: {"invalid": "value.not_email"},
    fields.Enum: {"unknown": "value.not_one_of"},
    Schema: {"type": "value.not_object", "unknown": "value.unknown_field"},
}

#: Validator -> attribute that holds a message -> code. The values that they fill in (`min`, `max`, `choices`) become
#: facts.
VALIDATORS: dict[type, dict[str, str]] = {
    validate.Range: {
        "message_min": "number.below_min",
        "message_max": "number.above_max",
        "message_all": "number.outside",
    },
    validate.Length: {
        "message_min": "text.too_short",
        "message_max": "text.too_long",
        "message_all": "text.wrong_length",
        "message_equal": "text.not_of_length",
    },
    validate.OneOf: {"default_message": "value.not_one_of"},
    validate.Regexp: {"default_message": "value.wrong_form"},
    validate.URL: {"default_message": "value.not_address"},
    validate.Email: {"default_message": "value.not_email"},
}

#: Codes about the length of a text -> the codes for a list, whose length is the number of its entries.
OF_LISTS = {"text.too_long": "list.too_long", "text.wrong_length": "list.wrong_length"}

#: Facts that marshmallow fills in but no sentence uses; `input` is the value that the client sent.
UNUSED_FACTS = frozenset({"input", "labels", "min_op", "max_op", "obj_type", "regex", "awareness", "equal", "method"})


class SchemaFault(Fault):
    """A message of marshmallow; the values that marshmallow fills in become facts."""

    def format(self, *_: object, **facts: object) -> "SchemaFault":
        kept = {name: fact for name, fact in facts.items() if name not in UNUSED_FACTS and fact is not None}
        code = str(self)
        if isinstance(facts.get("input"), list | dict):
            code = OF_LISTS.get(code, code)
        return SchemaFault(code, **{**self.facts, **kept})


#: Messages of other libraries about bodies.
FOREIGN = {"Invalid JSON body.": "json.invalid"}


def coded(fault: str) -> str:
    """The fault itself, or the code of another library's sentence."""
    return FOREIGN.get(fault, fault)


def install() -> None:
    """Make marshmallow's fields, schemas and validators use codes."""
    for kind, messages in MESSAGES.items():
        holder: Any = kind
        name = "_default_error_messages" if kind is Schema else "default_error_messages"
        own = dict(vars(holder).get(name, {}))
        setattr(holder, name, own | {key: SchemaFault(code) for key, code in messages.items()})
    for kind, messages in VALIDATORS.items():
        for attribute, code in messages.items():
            setattr(kind, attribute, SchemaFault(code))
