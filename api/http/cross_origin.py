"""Headers of every answer, CORS, and trusted proxies."""

from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from models.platform.settings import Settings

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
#: The headers of our answers that pages of other origins may read.
EXPOSED = ["ETag", "X-Pagination", "Retry-After", "Idempotency-Replayed", "X-Request-ID"]
#: With ENVIRONMENT=local, pages of any server on this machine may call: the development servers of frontends.
LOOPBACK = r"https?://(localhost|[a-z0-9-]{1,63}\.localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$"
#: For data: if a browser ever shows it as a page, nothing in it may run or be framed.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
#: For pages (the viewers of the OpenAPI document): all assets come from this server; they use inline styles and
#: scripts.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: https:; worker-src 'self' blob:; frame-ancestors 'none'"
)


def register(app: Flask, settings: Settings) -> None:
    """Add headers to the answers of *app*, and trust as many proxies as the settings say."""
    app.after_request(_add_headers)
    origins = [*settings.cors_origins, *([LOOPBACK] if settings.is_local else [])]
    if origins:
        # Tokens are sent in a header that pages set themselves; cookies are not involved.
        CORS(app, origins=origins, supports_credentials=False, max_age=600, expose_headers=EXPOSED)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        wrapped = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0)
        app.wsgi_app = wrapped  # type: ignore[method-assign]  # as Flask documents it


def _add_headers(response: Response) -> Response:
    policy = PAGE_POLICY if response.mimetype == "text/html" else DATA_POLICY
    ours = HEADERS | {"Content-Security-Policy": policy}
    if response.is_json:
        ours["Cache-Control"] = "no-store"
    if request.is_secure:
        ours["Strict-Transport-Security"] = "max-age=31536000"
    # Headers that a view has set are kept. setdefault is not used, because it raises and catches two exceptions for
    # each header.
    present = {name.lower() for name, _ in response.headers}
    response.headers.extend((name, value) for name, value in ours.items() if name.lower() not in present)
    return response
