"""Checks every answer that a test gets from the API against the OpenAPI document: status, content type and schema."""

import json
import re
from functools import cached_property
from typing import Any

import jsonschema_rs
from flask import Flask, Request, Response, request

#: Statuses that the document does not list: errors of the routing, and limits of the body that apply before it.
UNDOCUMENTED = {404, 405, 413}


def watch(app: Flask) -> list[str]:
    """From now on, collect in a list the answers of *app* that contradict its own document."""
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
    """The document of an application, read with the first answer."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._validators: dict[str, Any] = {}  #: By schema: most errors share one.

    @cached_property
    def _read(self) -> dict[str, Any]:
        return _as_json_schema(self._app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict())

    def complaint(self, request: Request, response: Response) -> str | None:
        """How an answer contradicts the document; None if it does not."""
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", request.url_rule.rule) if request.url_rule else ""
        operation = self._read["paths"].get(path, {}).get(request.method.lower())
        if operation is None or "Upgrade" in request.headers:
            return None
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            return (
                None
                if response.status_code in UNDOCUMENTED or response.status_code >= 500
                else "the status is not there"
            )
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
    """The document's schemas, closed: answers must not contain fields that the document does not name."""
    if isinstance(part, list):
        return [_as_json_schema(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {name: _as_json_schema(each) for name, each in part.items()}
    is_closed = found.get("type") == "object" and "properties" in found
    return {"additionalProperties": False, **found} if is_closed else found
