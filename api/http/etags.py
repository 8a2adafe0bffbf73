"""`ETag` of answers that clients ask for again and again: what has not changed since is answered with 304 and no body.

The tag is a digest of the answer itself, so that it changes with whatever shows in it: the list, what was acted on, a
price, the language. That saves the transfer and the client's reading and rendering, not the query. Answers stay
`no-store`, since they hold personal data: a client keeps the tag itself.
"""

import hashlib

from flask import Flask, Response, request


def register(app: Flask) -> None:
    """Tag the JSON that *app* answers to GET. Comes after whatever else changes an answer."""
    app.after_request(_tag)


def _tag(response: Response) -> Response:
    is_tagged = "ETag" in response.headers or response.is_streamed
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or is_tagged or not response.is_json:
        return response
    response.set_etag(hashlib.blake2b(response.get_data(), digest_size=16).hexdigest())
    if request.headers.get("If-None-Match"):
        response.make_conditional(request)
    return response
