"""The OpenAPI document and its viewers, Swagger UI at /docs and ReDoc at /redoc; all assets are served from here."""

import functools
from pathlib import Path

import flask_smorest
from flask import Flask, Response, send_from_directory
from flask_swagger_ui import get_swaggerui_blueprint

from api.http import access, openapi

REDOC = Path(__file__).parent.parent / "static" / "redoc"

#: Facts about all operations, with which the document begins.
ABOUT = """
Two-way matching of realtors' leads and properties. One system serves four contracts: the exchange (leads, properties,
recommendations, matches), the feed of listings for tenants, the portal (forms, requests, chats) and lead generation
(`/api`).

* **Authentication.** `Authorization: Bearer` with the token of a sign-in, or `Authorization: tma` with the initData of
  a Telegram Mini App; lead generation uses `X-API-Key`.
* **Errors** have one form: `code` (the HTTP status), `status`, `message`, `error_code` and, if fields are invalid,
  `errors` by place and path. Programs should use `error_code` and `facts`, and for single fields those in `faults`.
  `message` is in the language of `Accept-Language`: English, Russian or Kazakh. With 429 and 503, `Retry-After` is the
  number of seconds to wait.
* **Lists** accept `page` from 1 and `limit` up to 100. If the answer is a bare array, the header `X-Pagination` has the
  total and the pages.
* **Retries.** A write that is repeated with the same `Idempotency-Key` gets its first answer.
* **Values.** Times are UTC, ISO 8601. Numbers may be sent as text. Paths answer with and without a trailing slash.
* **Fields.** The answer of a GET can be sent back: fields that only answers have are ignored, and other unknown fields
  are refused by name. Answers may gain fields without a new version; ignore those that you do not know.
"""

#: The document's own metadata.
SPEC = {
    "info": {
        "description": ABOUT,
        "contact": {"name": "The Leadmatch authors", "url": "https://leadmatch.example"},
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/", "description": "The server of this document."}],
    "externalDocs": {"url": "https://leadmatch.example/docs", "description": "The guide for clients."},
}

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
    """Complete the document and serve its viewers."""
    openapi.complete(app, api)
    swagger = get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": "Leadmatch API"})
    app.register_blueprint(swagger)
    app.add_url_rule("/redoc", "redoc", access.public(_redoc_page))
    app.add_url_rule("/redoc/<path:name>", "redoc_asset", access.public(_redoc_asset))
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(("swagger_ui.", "api-docs.")):
            # Wrapped, because some of them are bound methods, which accept no attributes.
            app.view_functions[endpoint] = access.public(functools.partial(view))


def _redoc_page() -> Response:
    return Response(REDOC_PAGE, mimetype="text/html")


def _redoc_asset(name: str) -> Response:
    return send_from_directory(REDOC, name, max_age=86_400)
