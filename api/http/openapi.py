"""Complete the OpenAPI document: access, every error and its headers, operation ids, retries.

The document lists exactly what operations answer: tests/api/test_openapi_fuzz.py checks every operation against it, and
an answer that is not listed fails there. No operation therefore has a `default` answer, which would allow anything.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask

from api.http import access, idempotency, openapi_examples, openapi_shapes, operation_names
from api.http.blueprint import Body
from api.http.operations import Access, OperationFacts
from models.core.base import LARGEST_ID
from models.translations.catalogue import LANGUAGES, describe_fault

SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of the answer to a sign-in.",
    },
    "password": {
        "type": "oauth2",
        "flows": {"password": {"tokenUrl": "/auth/login", "scopes": {}}},
        "description": "OAuth 2.0's password grant: it gives the same token. Any client may ask; there are no scopes.",
    },
    "mini_app": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`tma <initData>` of a Telegram Mini App, at most a day old. A new user gets an account.",
    },
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bot": {"type": "apiKey", "in": "header", "name": "X-Telegram-Bot-Secret"},
}

#: Equivalent ways to authenticate: security scheme -> its alternatives.
ALTERNATIVE_SCHEMES = {"token": ("token", "password", "mini_app")}

RETRY_AFTER = {
    "Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}
}
#: Errors that any operation of some kind may answer: the meaning of each, and its headers.
ERRORS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("Bad input: `errors` contains the fields and the reasons. Nothing was stored.", {}),
    401: (
        "The caller is not signed in, or the proof is wrong or too old.",
        {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    ),
    403: ("The caller's role, or the caller, is not allowed to do this.", {}),
    404: ("It does not exist, or the caller may not know of it.", {}),
    409: (
        "It exists already, is in a state that forbids this, or the Idempotency-Key was used for another request.",
        {},
    ),
    412: ("The row has changed since the caller read the tag in `If-Match`. Nothing was stored.", {}),
    413: ("The body is too large.", {}),
    415: ("The content is of a wrong type.", {}),
    426: (
        "The request is not a WebSocket handshake.",
        {"Upgrade": {"required": True, "schema": {"type": "string", "enum": ["websocket"]}}},
    ),
    429: ("Too many requests.", RETRY_AFTER),
    503: ("A service that the operation needs is busy or unavailable.", RETRY_AFTER),
}

#: The example of each error.
CODES = {
    400: "input.invalid",
    401: "token.refused",
    403: "access.wrong_role",
    404: "lead.not_found",
    409: "idempotency.key_reused",
    412: "row.changed_meanwhile",
    503: "database.away",
}

#: The web server answers this itself, in its own format, before the request reaches the application.
TOO_LONG = {
    "description": "The path with its query is longer than 4,094 bytes.",
    "content": {"text/html": {"schema": {"type": "string"}}},
}

#: Answers to GET in JSON carry a tag (api/http/etags.py).
ETAG = {"ETag": {"required": True, "schema": {"type": "string"}, "description": "Changes with the answer."}}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The `ETag` of an earlier answer: 304 if the answer is unchanged.",
    "schema": {"type": "string", "pattern": "^[\\t -~]*$"},
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The `ETag` with which the caller read the row: 412 if the row has changed since.",
    "schema": {"type": "string", "pattern": "^[\\t -~]*$"},
}
NOT_MODIFIED = {"description": "The answer is unchanged.", "headers": ETAG}

WRITES = ("post", "put", "patch", "delete")
#: These need neither the database nor Redis, so no dependency can be unavailable.
WITHOUT_DEPENDENCIES = ("/health", "/health/live")

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": idempotency.HEADER,
    "required": False,
    "description": "A request that is repeated with the same key gets the first answer again.",
    "schema": {
        "type": "string",
        "format": "idempotency-key",
        "pattern": "^[ -~]+$",
        "minLength": 1,
        "maxLength": idempotency.LONGEST_KEY,
    },
}


def complete(app: Flask, api: flask_smorest.Api) -> None:
    """
    Add to the document of *app* the facts that hold for kinds of operations. All operations must be registered already.
    """
    for name, scheme in SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    for status, (meaning, headers) in ERRORS.items():
        # Assigned rather than added: flask-smorest has already entered some of these, without headers.
        api.spec.components.responses[_name(status)] = _error(status, meaning, headers)
    api.spec.components.responses[_name(414)] = TOO_LONG
    api.spec.components.responses[_name(304)] = NOT_MODIFIED
    paths = api.spec._paths  # apispec has no public way to change a path that flask-smorest has added
    _require_what_answers_have(paths, api.spec.components.schemas)
    _amend_schemas(api)
    for method, path, facts in access.operations(app):
        operations = paths.get(_openapi_path(path), {})
        if method.lower() in operations:
            _describe(operations[method.lower()], method.lower(), path, operations.get("parameters", []), facts)
    schemas = api.spec.components.schemas
    schemas.pop("PaginationMetadata", None)  # flask-smorest's own; our pages have another header
    openapi_shapes.name_shapes(schemas, paths)
    bodies = [operation.get("requestBody") for operation in _operations(paths)]
    request_schemas = _named(bodies, schemas)
    openapi_shapes.open_answers(schemas, request_schemas)
    openapi_shapes.describe_defaults(schemas, request_schemas)
    openapi_examples.add_examples(schemas)


def _describe(operation: dict[str, Any], method: str, path: str, in_path: list[dict], facts: OperationFacts) -> None:
    access = facts.access
    if access is None:
        return  # access.check_all_declared refuses to start with it
    operation["operationId"] = operation_names.name_of(method.upper(), _openapi_path(path))
    operation["x-who"] = access.name
    operation["security"] = [
        {scheme: []} for scheme in ALTERNATIVE_SCHEMES.get(access.scheme or "", filter(None, [access.scheme]))
    ]
    if access.is_optional:
        operation["security"].append({})
    for parameter in in_path:
        if parameter.get("in") == "path" and parameter.get("schema", {}).get("type") == "integer":
            parameter["schema"]["maximum"] = LARGEST_ID
    retried = method in WRITES and access.scheme in ("token", "api_key") and not facts.ignores_idempotency_key
    if retried:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    answers = operation["responses"]
    if method == "get" and "application/json" in answers.get("200", {}).get("content", {}):
        operation.setdefault("parameters", []).append(IF_NONE_MATCH)
        answers["200"].setdefault("headers", {}).update(ETAG)
        answers["304"] = {"$ref": f"#/components/responses/{_name(304)}"}
    if facts.guards_updates:
        operation.setdefault("parameters", []).append(IF_MATCH)
        answers["412"] = {"$ref": f"#/components/responses/{_name(412)}"}
    for status in _errors_of(operation, path, in_path, access, retried):
        answers.setdefault(str(status), {"$ref": f"#/components/responses/{_name(status)}"})
    for status, answer in answers.items():
        if isinstance(answer, dict) and "$ref" not in answer and int(status) in ERRORS:
            meaning, headers = ERRORS[int(status)]
            for part, value in _error(int(status), answer.get("description", meaning), headers).items():
                answer.setdefault(part, value)
    for linked, links in operation_names.links_of(operation["operationId"]).items():
        if linked in answers:
            answers[linked]["links"] = links
    operation["responses"] = dict(sorted(answers.items()))


def _errors_of(
    operation: dict[str, Any], path: str, in_path: list[dict], access: Access, retried: bool
) -> Iterator[int]:
    has_body = "requestBody" in operation
    if has_body or operation.get("parameters") or any(each["schema"].get("type") == "integer" for each in in_path):
        yield 400
    if access.scheme:
        yield 401
    if access.may_forbid:
        yield 403
    if in_path:
        yield 404
    if retried:
        yield 409
    if has_body or retried:
        yield 413
    if has_body:
        yield 415
    if any(each["in"] == "query" for each in operation.get("parameters", [])):
        yield 414
    if path.startswith("/api/") or access.scheme == "token":  # a new user of a Mini App may exceed the limit
        yield 429
    if path not in WITHOUT_DEPENDENCIES:
        yield 503


def _error(status: int, meaning: str, headers: dict[str, Any]) -> dict[str, Any]:
    code = CODES.get(status, f"http.{status}")
    example: dict[str, Any] = {"code": status, "status": HTTPStatus(status).phrase, "error_code": code}
    if status == HTTPStatus.BAD_REQUEST:
        missing = "value.required"
        example["message"] = f"city: {describe_fault(LANGUAGES[0], missing)}"
        example["errors"] = {"json": {"city": [describe_fault(LANGUAGES[0], missing)]}}
        example["faults"] = [{"place": "json", "field": "city", "code": missing, "facts": {}}]
    else:
        example["message"] = describe_fault(LANGUAGES[0], code)
    answer: dict[str, Any] = {
        "description": meaning,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }
    return answer | ({"headers": headers} if headers else {})


def _require_what_answers_have(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """
    Mark all fields of answer-only schemas as required, which marshmallow cannot express for dumped fields. Fields that
    answers may lack are listed in a schema's `optional`; `warnings` is another. tests/promises.py checks every answer
    against this.
    """
    optional = {schema.__name__: schema.optional for schema in _schemas(Body)}
    operations = _operations(paths)
    answers = _named([each["responses"] for each in operations], schemas)
    for name in answers - _named([each.get("requestBody") for each in operations], schemas):
        if "properties" in schemas[name]:
            schemas[name]["required"] = sorted(set(schemas[name]["properties"]) - {"warnings", *optional.get(name, ())})


def _operations(paths: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for path in paths.values() for each in path.values() if isinstance(each, dict)]


def _named(part: Any, schemas: dict[str, Any]) -> set[str]:
    """The names of the schemas that a part of the document references, directly or indirectly."""
    names: set[str] = set()
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in schemas and name not in names:
                names.add(name)
                waiting.append(schemas[name])
        if isinstance(part, dict | list):
            waiting += part.values() if isinstance(part, dict) else part
    return names


def _amend_schemas(api: flask_smorest.Api) -> None:
    """
    Add the rules over several fields from the attribute `openapi` of a schema's class; marshmallow does not export
    them.
    """
    for schema in _schemas(Body):
        component = api.spec.components.schemas.get(schema.__name__)
        if component is not None:
            component |= schema.__dict__.get("openapi", {})


def _schemas(parent: type[Body]) -> Iterator[type[Body]]:
    for schema in parent.__subclasses__():
        yield schema
        yield from _schemas(schema)


def _name(status: int) -> str:
    return HTTPStatus(status).name


def _openapi_path(path: str) -> str:
    """
    >>> _openapi_path("/leads/<int:lead_id>/matches")
    '/leads/{lead_id}/matches'
    """
    parts = [f"{{{part[1:-1].split(':')[-1]}}}" if part.startswith("<") else part for part in path.split("/")]
    return "/".join(parts)
