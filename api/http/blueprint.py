"""Our blueprint and schema base: bad input is a 400 that names every field, unknown fields included."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, cached_property
from typing import Any, ClassVar, cast

import flask_smorest
from flask import Request, request
from marshmallow import RAISE, Schema, fields, missing, validate
from webargs.core import parse_json
from webargs.flaskparser import FlaskParser, is_json_request
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api.http.answered import ignored_names
from api.http.fields import FormWhole
from api.http.request_state import current
from models.core.errors import Fault

#: An answer names this many faults and states how many more there are.
MAX_FAULTS = 20


#: Where a form is expected, both types are accepted.
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Parser(FlaskParser):
    """
    Reads a request's parts. Unknown names are refused everywhere except in headers and paths. A body of an unexpected
    type is refused as well: if it were ignored, it would count as empty, and "Missing data" would not help the client.

    `current().read_from` is the part that was read last. Errors that the domain raises later name the same part.
    """

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": RAISE,
        "form": RAISE,
        "query": RAISE,
        "files": RAISE,
        "multipart": RAISE,
        "form_or_json": RAISE,
    }
    #: `multipart`: the texts and the files of a multipart body, read together. `form_or_json`: read according to the
    #: Content-Type; without one, as a form.
    __location_map__ = {
        **FlaskParser.__location_map__,
        "multipart": "load_multipart",
        "form_or_json": "load_form_or_json",
    }

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        current().read_from = "query"
        query = req.args
        if any(map(is_for_others, query)):
            known = {field.data_key or name for name, field in schema.load_fields.items()}
            query = MultiDict(
                (name, value) for name, value in query.items(multi=True) if name in known or not is_for_others(name)
            )
        return self._makeproxy(query, schema)

    def load_headers(self, req: Request, schema: Schema) -> Any:
        # Only the requested headers, in any letter case: a request may have many others.
        names = [field.data_key or name for name, field in schema.load_fields.items()]
        headers = MultiDict((name, value) for name in names for value in req.headers.getlist(name))
        return self._makeproxy(headers, schema)

    def load_json(self, req: Request, schema: Schema) -> Any:
        _refuse_unless(is_json_request(req), req, "application/json")
        current().read_from = "json"
        try:
            return super().load_json(req, schema)
        except RecursionError:
            raise BadRequest(Fault("json.too_deep")) from None
        except ValueError:  # not valid JSON in form; webargs answers that itself
            raise BadRequest(Fault("json.too_many_digits")) from None

    def _raw_load_json(self, req: Request) -> Any:
        if req.mimetype or not _has_body(req):
            return super()._raw_load_json(req)
        return parse_json(req.get_data(cache=True))  # no Content-Type: JSON is expected

    def load_form(self, req: Request, schema: Schema) -> Any:
        _refuse_unless(req.mimetype in FORMS, req, FORMS[0])
        current().read_from = "form"
        return super().load_form(req, schema)

    def load_form_or_json(self, req: Request, schema: Schema) -> Any:
        return self.load_json(req, schema) if is_json_request(req) else self.load_form(req, schema)

    def _on_validation_error(self, error: Any, req: Any, schema: Any, location: str, **kwargs: Any) -> Any:
        read_from = current().read_from if location == "form_or_json" else location
        return super()._on_validation_error(error, req, schema, read_from, **kwargs)

    def load_files(self, req: Request, schema: Schema) -> Any:
        current().read_from = "files"
        return super().load_files(req, schema)

    def load_multipart(self, req: Request, schema: Schema) -> Any:
        _refuse_unless(req.mimetype in FORMS, req, FORMS[1])
        current().read_from = "multipart"
        parts = MultiDict([*req.form.items(multi=True), *req.files.items(multi=True)])
        return self._makeproxy(parts, schema)


def is_for_others(parameter: str) -> bool:
    """Whether a query parameter is not meant for this API: advertising trackers and cache busters.

    >>> is_for_others("utm_source"), is_for_others("_"), is_for_others("page")
    (True, True, False)
    """
    return parameter.startswith(("utm_", "_"))


def refuse_unless_json() -> None:
    """Raise a 415 for a body that declares another type than JSON; for views that parse their body themselves."""
    _refuse_unless(is_json_request(request), request, "application/json")


def _refuse_unless(fits: bool, req: Request, expected: str) -> None:
    """Raise a 415 for a body of another type than *expected*."""
    # A form without a Content-Type would be read as an empty form; JSON without one is read as JSON (see
    # _raw_load_json).
    if not fits and (req.mimetype or expected in FORMS) and _has_body(req):
        raise UnsupportedMediaType(Fault("http.expected_type", expected=expected))


def _has_body(req: Request) -> bool:
    return bool(req.content_length or req.get_data(cache=True))


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose arguments are read by our parser."""

    ARGUMENTS_PARSER = Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {
        **flask_smorest.Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "multipart": "multipart/form-data",
        "form_or_json": FORMS[0],
    }

    def arguments(self, schema: type[Schema] | Schema, **kwargs: Any) -> Callable[..., Any]:
        """Like flask-smorest's, but the schema is created once: webargs would create one for every request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **kwargs)


class Body(Schema):
    """Base of schemas of requests and answers."""

    #: Fields that an answer may lack; the OpenAPI document marks the others as required (api/http/openapi.py).
    optional: ClassVar[tuple[str, ...]] = ()

    class Meta:
        unknown = RAISE
        ordered = True

    def load(self, data: Any, **kwargs: Any) -> Any:
        """
        Like marshmallow's, but it checks only as many unknown names, and entries of lists that are too long, as an
        error answer names; marshmallow would report every one of them. Fields named by `partial` may be null.
        """
        if (
            isinstance(data, MultiDictProxy)
            and not data
            and self._defaults is not None
            and kwargs.keys() <= {"unknown"}
        ):
            return dict(self._defaults)
        partial = kwargs.get("partial") or self.partial
        if isinstance(data, Mapping) and not isinstance(partial, bool | None):
            nulls = {name for name in partial if name in data and data[name] is None}
            data = _without(data, nulls, self) if nulls else data
        if isinstance(data, list):
            data = [self._read(each) if isinstance(each, Mapping) else each for each in data]
        return super().load(self._read(data) if isinstance(data, Mapping) else data, **kwargs)

    def _read(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        The part of *data* that counts as present. Not present are: names that only answers have (api/http/answered.py),
        null for a field that may be left out, and, in forms and queries, an empty value.
        """
        absent = ignored_names(type(self)).intersection(data)
        is_text = isinstance(data, MultiDictProxy)
        for name, (takes_null, takes_empty) in self._optional.items():
            value = data.get(name, missing)
            if (value is None and not takes_null) or (is_text and not takes_empty and value in ("", [""])):
                absent |= {name}
        return self._shortened(_without(data, absent, self) if absent else data)

    def _shortened(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if len(data) > len(self.fields) + MAX_FAULTS:
            known = {field.data_key or name for name, field in self.load_fields.items()}
            unknown = [name for name in data if name not in known]
            left = set(unknown[MAX_FAULTS:])
            current().more_faults += len(left)
            data = _without(data, left, self)
        for name, maximum in self._lists.items():
            value = data.get(name)
            if isinstance(value, list) and len(value) > maximum + 1:
                data = {**data, name: value[: maximum + 1]}
        return data

    @cached_property
    def _optional(self) -> dict[str, tuple[bool, bool]]:
        """Names of fields that may be left out; whether each accepts null, and whether it accepts an empty text."""
        return {
            field.data_key or name: (bool(field.allow_none), bool(getattr(field, "empty", False)))
            for name, field in self.load_fields.items()
            if not field.required
        }

    @cached_property
    def _defaults(self) -> Mapping[str, Any] | None:
        """
        What an empty query is read as, since most are empty; None if it may be an error or depends on the request.
        """
        values = self.load_fields.values()
        if any(self._hooks.values()) or any(field.required or callable(field.load_default) for field in values):
            return None
        return cast(Mapping[str, Any], super().load({}))

    @cached_property
    def _lists(self) -> dict[str, int]:
        """Names of list fields and the maximum length of each."""
        return {
            field.data_key or name: rule.max
            for name, field in self.load_fields.items()
            if isinstance(field, fields.List)
            for rule in field.validators
            if isinstance(rule, validate.Length) and rule.max is not None
        }


def _without(data: Mapping[str, Any], left: Collection[str], schema: Schema) -> Mapping[str, Any]:
    if isinstance(data, MultiDictProxy):
        kept = MultiDict(
            (name, value) for name, value in cast(MultiDict, data.data).items(multi=True) if name not in left
        )
        return MultiDictProxy(kept, schema, known_multi_fields=data.known_multi_fields)
    return {name: value for name, value in data.items() if name not in left}


@cache
def names_of(schema: type[Schema]) -> tuple[str, ...]:
    """
    The names of a schema's fields, cached: creating a schema for every row of a page took longer than counting the
    rows.
    """
    return tuple(schema().fields)


class StatusOk(Body):
    status = fields.String(metadata={"description": '"ok"'})


class PageArgs(Body):
    """`page` from 1, `limit` 1 to 100, default 20."""

    page = FormWhole(1, 1_000_000, load_default=1, metadata={"description": "From 1."})
    limit = FormWhole(1, 100, load_default=20, metadata={"description": "Rows per page."})


class FaultSchema(Schema):
    """What is wrong with one field; `Fault` in the document."""

    place = fields.String(required=True, metadata={"description": "json, query, form, path, headers, files or csv."})
    field = fields.String(required=True, metadata={"description": "The dotted path; empty for the whole input."})
    code = fields.String(required=True, metadata={"example": "number.below_min"})
    facts = fields.Dict(required=True)


class ErrorSchema(Schema):
    """The form of every error; `Error` in the document."""

    code = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    status = fields.String(required=True, metadata={"description": "The status in words."})
    message = fields.String(
        required=True,
        metadata={"description": "The error and how to correct it, in the language of `Accept-Language`."},
    )
    errors = fields.Dict(metadata={"description": "The reasons, by place and path of the field."})
    error_code = fields.String(
        required=True,
        metadata={"description": "The error's code, for programs.", "example": "inquiry.cannot_go_back"},
    )
    facts = fields.Dict(metadata={"description": "The facts of the message, by name."})
    faults = fields.List(
        fields.Nested(FaultSchema), metadata={"description": "The errors of single fields; the same as `errors`."}
    )


def read_json(choose: Any) -> tuple[Schema, dict]:
    """Read a body whose schema depends on its content.

    Args:
        choose: Given the body as a dict, the schema to read it with.
    Returns:
        That schema and what it loaded; raises a 400 like any other body.
    """
    try:
        raw = request.get_json(silent=True, force=not request.mimetype)
    except RecursionError:
        raise BadRequest(Fault("json.too_deep")) from None
    schema = choose(raw if isinstance(raw, dict) else {})
    return schema, Parser().parse(schema, request, location="json")


def one_of(enum: Any, *, only: Collection[Any] | None = None, **kwargs: Any) -> fields.Field:
    """A field that accepts a word of an enumeration, or one of a subset of its words."""
    if only is None:
        return fields.Enum(enum, by_value=True, **kwargs)
    return SomeWords(enum, only, **kwargs)


def shown_word(enum: Iterable[str], **kwargs: Any) -> fields.String:
    """A field of an answer that holds a word of an enumeration."""
    return fields.String(validate=validate.OneOf([str(word) for word in enum]), **kwargs)


class SomeWords(fields.String):
    """A subset of an enumeration's words; for marshmallow's own Enum, apispec would list all of them."""

    def __init__(self, enum: Any, only: Collection[Any], **kwargs: Any) -> None:
        self.enum, self.words = enum, tuple(member.value for member in only)
        super().__init__(validate=validate.OneOf(self.words), **kwargs)

    def deserialize(self, *args: Any, **kwargs: Any) -> Any:
        word = super().deserialize(*args, **kwargs)
        return self.enum(word) if isinstance(word, str) else word


def or_null(schema: type[Schema]) -> dict[str, Any]:
    """
    The arguments of `Blueprint.doc` for an operation that answers 200 with *schema* or with null.

    Such a view returns `jsonify(None)`, because marshmallow would turn None into an object without fields.
    """
    either = {"anyOf": [schema, {"type": "null"}]}
    return {"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": either}}}}}
