"""
Fields that answers contain but requests do not accept. They are ignored in requests, so a GET's answer can be sent
back.

The names are derived from the schemas of each operation when the application is assembled. A body is compared with the
operation's own answers and with the answers of reading the same resource:

    PUT /leads/<lead_id>               its own answer, GET /leads/<lead_id>
    POST /leads                        its own answers, GET /leads, GET /leads/<lead_id>
    PATCH /api/leads/<lead_id>/status  its own answer, GET /api/leads/<lead_id>

Where a contract reads a resource under another path, its view declares it with :func:`answered_by`. A name that no
answer contains is still a 400, because it is probably a typing error.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask, current_app, has_request_context, request
from marshmallow import Schema, fields
from werkzeug.routing import Rule

from api.http.operations import View, facts_of, with_facts

#: Schema of a body -> names in it that are ignored.
Names = Mapping[type[Schema], frozenset[str]]

_KEY = "answered_names"
#: An object with these fields is a page with rows.
_OF_A_PAGE = {"total", "page"}


def answered_by(*answers: type[Schema]) -> Callable[[View], View]:
    """Declare that the resource which this operation writes is read elsewhere, with these schemas."""
    return lambda view: with_facts(view, answers=answers)


def ignored_names(body: type[Schema]) -> frozenset[str]:
    """Names that a body of the current operation may contain although its schema does not accept them."""
    if not has_request_context():
        return frozenset()
    of_all: dict[tuple[str | None, str], Names] = current_app.extensions.get(_KEY, {})
    return of_all.get((request.endpoint, request.method), {}).get(body, frozenset())


def collect_answered_names(app: Flask) -> None:
    """
    For every operation of *app*, collect the names that its bodies may contain in addition to those that they accept.
    """
    rules = {rule.rule: rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    answered: dict[tuple[str | None, str], Names] = {}
    for rule in app.url_map.iter_rules():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            view = _view(app, rule, method)
            bodies = list(_bodies(view))
            if not bodies:
                continue
            answers = [*_answers(view), *(schema() for schema in facts_of(view).answers)]
            for path in _read_at(rule.rule, method, rules):
                answers += _answers(_view(app, rules[path], "GET"))
            names: dict[type[Schema], set[str]] = defaultdict(set)
            for answer in answers:
                for body in _alike(bodies, answer):
                    _compare(body, answer, names)
            answered[rule.endpoint, method] = {schema: frozenset(each) for schema, each in names.items()}
    app.extensions[_KEY] = answered


def _view(app: Flask, rule: Rule, method: str) -> Any:
    if method not in (rule.methods or ()):
        return None
    function = app.view_functions[rule.endpoint]
    return getattr(getattr(function, "view_class", None), method.lower(), function)


def _read_at(path: str, method: str, readable: Mapping[str, Rule]) -> Iterator[str]:
    """The paths under which the resource that is written at *path* is read."""
    above, _, last = path.rpartition("/")
    if path in readable:
        yield path
    elif method != "POST" and not last.startswith("<") and above in readable:
        yield above  # /leads/<lead_id>/status belongs to /leads/<lead_id>
    if method == "POST":
        yield from (
            each for each in readable if each.startswith(f"{path}/<") and each.count("/") == path.count("/") + 1
        )


def _bodies(view: Any) -> Iterator[Schema]:
    documented = getattr(view, "_apidoc", {})  # what flask-smorest's decorators have noted
    for parameter in documented.get("arguments", {}).get("parameters", ()):
        if isinstance(parameter.get("schema"), Schema) and parameter["in"] not in ("query", "headers", "path"):
            yield parameter["schema"]
    for content in documented.get("manual_doc", {}).get("requestBody", {}).get("content", {}).values():
        taken = content["schema"]
        for schema in taken.get("oneOf", ()) if isinstance(taken, dict) else (taken,):
            yield schema()


def _answers(view: Any) -> Iterator[Schema]:
    for status, answers in getattr(view, "_apidoc", {}).get("response", {}).get("responses", {}).items():
        for each in answers:
            schema = each.get("schema")
            if str(status).startswith("2") and schema is not None and not isinstance(schema, dict | str):
                yield _row_of(schema() if isinstance(schema, type) else schema)


def _alike(bodies: list[Schema], answer: Schema) -> list[Schema]:
    """
    The bodies that share the most names with an answer; empty if none shares a name, because then the answer is about
    something else.
    """
    shared = [len(_accepted_fields(body).keys() & _shown(answer).keys()) for body in bodies]
    return [body for body, count in zip(bodies, shared, strict=True) if count == max(shared) > 0]


def _row_of(answer: Schema) -> Schema:
    """The schema of a page's rows; for any other answer the schema itself."""
    if answer.fields.keys() >= _OF_A_PAGE:
        return next(filter(None, map(_nested, answer.fields.values())), answer)
    return answer


def _compare(body: Schema, answer: Schema, names: dict[type[Schema], set[str]]) -> None:
    """Record the names that *answer* has and *body* does not accept, at this level and in nested objects."""
    taken = _accepted_fields(body)
    for name, field in _shown(answer).items():
        if name not in taken:
            names[type(body)].add(name)
            continue
        part, shown_part = _nested(taken[name]), _nested(field)
        if part is not None and shown_part is not None:
            _compare(part, shown_part, names)


def _accepted_fields(body: Schema) -> dict[str, fields.Field]:
    return {field.data_key or name: field for name, field in body.load_fields.items()}


def _shown(answer: Schema) -> dict[str, fields.Field]:
    return {field.data_key or name: field for name, field in answer.dump_fields.items()}


def _nested(field: fields.Field) -> Schema | None:
    if isinstance(field, fields.List):
        field = field.inner
    return field.schema if isinstance(field, fields.Nested) else None
