"""The OpenAPI document and its readers, Swagger UI at /docs and ReDoc at /redoc; all assets are served from here."""

import functools
from pathlib import Path

import flask_smorest
from flask import Flask, Response, send_from_directory
from flask_swagger_ui import get_swaggerui_blueprint

from api import access
from models.base import LARGEST_ID

REDOC = Path(__file__).parent / "static" / "redoc"

REDOC_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leadmatch API</title>
</head>
<body>
<redoc spec-url="/openapi.json" disable-search></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
"""


def register(app: Flask, api: flask_smorest.Api) -> None:
    """Describe who may call what in the document, and serve the readers."""
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.components.security_scheme("api_key", {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    api.spec.components.security_scheme("bot", {"type": "apiKey", "in": "header", "name": "X-Telegram-Bot-Secret"})
    _describe_access(app, api)
    _describe_ids(api)
    swagger = get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": "Leadmatch API"})
    app.register_blueprint(swagger)
    app.add_url_rule("/redoc", "redoc", access.public(_redoc_page))
    app.add_url_rule("/redoc/<path:name>", "redoc_asset", access.public(_redoc_asset))
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(("swagger_ui.", "api-docs.")):
            # Wrapped, for some of them are bound methods, which take no marks.
            app.view_functions[endpoint] = access.public(functools.partial(view))


def _describe_access(app: Flask, api: flask_smorest.Api) -> None:
    paths = api.spec._paths  # apispec has no public way to amend a path that flask-smorest has added
    for method, path, who in access.operations(app):
        operation = paths.get(_openapi_path(path), {}).get(method.lower())
        if operation is None or who is None:
            continue
        operation["security"] = [{who.scheme: []}] if who.scheme else []
        operation["x-who"] = who.name


def _describe_ids(api: flask_smorest.Api) -> None:
    """Say in the document how large an id in a path may be."""
    for operations in api.spec._paths.values():
        for parameter in operations.get("parameters", []):
            schema = parameter.get("schema", {})
            if parameter.get("in") == "path" and schema.get("type") == "integer":
                schema["maximum"] = LARGEST_ID


def _openapi_path(path: str) -> str:
    """
    >>> _openapi_path("/leads/<int:lead_id>/matches")
    '/leads/{lead_id}/matches'
    """
    parts = [f"{{{part[1:-1].split(':')[-1]}}}" if part.startswith("<") else part for part in path.split("/")]
    return "/".join(parts)


def _redoc_page() -> Response:
    return Response(REDOC_PAGE, mimetype="text/html")


def _redoc_asset(name: str) -> Response:
    return send_from_directory(REDOC, name, max_age=86_400)
