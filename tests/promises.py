"""Every answer that a test gets from the API is held to the document: its status, its type, and its body's schema."""

import json
import re
from functools import cached_property
from typing import Any

import jsonschema_rs
from flask import Flask, Request, Response, request

#: What the document tells of no operation: routing's own refusals, and limits of the body, which may come before it.
UNTOLD = {404, 405, 413}


def watch(app: Flask) -> list[str]:
    """What *app* answers against its own document from now on, for as long as it lives."""
    broken: list[str] = []
    document = Document(app)

    def check(response: Response) -> Response:
        complaint = document.complaint(request, response)
        if complaint:
            broken.append(f"{request.method} {request.path} {response.status_code}: {complaint}")
        return response

    app.after_request(check)
    return broken


class Document:
    """The document of an application, read when the first answer comes."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._validators: dict[str, Any] = {}  #: By what they validate: most errors share one.

    @cached_property
    def _read(self) -> dict[str, Any]:
        return _as_json_schema(self._app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict())

    def complaint(self, asked: Request, response: Response) -> str | None:
        """What the document does not say of an answer; None if it says all."""
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", asked.url_rule.rule) if asked.url_rule else ""
        operation = self._read["paths"].get(path, {}).get(asked.method.lower())
        if operation is None or "Upgrade" in asked.headers:
            return None
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            return None if response.status_code in UNTOLD or response.status_code >= 500 else "the status is not there"
        name = answer.get("$ref", "").rpartition("/")[2]
        types = (self._read["components"]["responses"][name] if name else answer).get("content", {})
        if types and response.mimetype not in types:
            return f"{response.mimetype} is none of {sorted(types)}"
        if response.mimetype != "application/json" or not types or response.is_streamed:
            return None
        wrong = self._validator(types[response.mimetype]["schema"]).iter_errors(response.json)
        return next((f"{each.instance_path}: {each.message[:300]}" for each in wrong), None)

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema)
        if key not in self._validators:
            schemas = {"components": {"schemas": self._read["components"]["schemas"]}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                schema | schemas, validate_formats=True, ignore_unknown_formats=True
            )
        return self._validators[key]


def _as_json_schema(part: Any) -> Any:
    """The document's schemas, closed: a field that it does not tell of must not be answered, open as answers are."""
    if isinstance(part, list):
        return [_as_json_schema(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {name: _as_json_schema(each) for name, each in part.items()}
    is_closed = found.get("type") == "object" and "properties" in found
    return {"additionalProperties": False, **found} if is_closed else found
