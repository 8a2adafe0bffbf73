"""`ETag` of answers that clients poll: an unchanged answer is a 304 without a body.

The tag is a digest of the answer itself, so it changes with anything that the answer shows: the list, likes and
dislikes, a price, the language. This saves the transfer and the client's parsing and rendering, but not the query.
Pages of lists have tags that save the query as well (api/http/polled_lists.py). Answers remain `no-store`, because they
contain personal data; the client stores the tag itself.
"""

import hashlib

from flask import Flask, Response, request

from api.http.request_state import current


def register(app: Flask) -> None:
    """
    Tag the JSON that *app* answers to GET. Register it so that it runs after everything else that changes an answer.
    """
    app.after_request(_tag)


def _tag(response: Response) -> Response:
    is_tagged = "ETag" in response.headers or response.is_streamed
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or is_tagged or not response.is_json:
        return response
    digest = hashlib.blake2b(response.get_data(), digest_size=16).hexdigest()
    response.set_etag(f"{current().tag_prefix}.{digest}" if current().tag_prefix else digest)
    known = known_tags()
    if any(tag.rpartition(".")[2] == digest for tag in known):
        # The answer is the same even if the rest of its tag differs; the client keeps the new tag.
        response.status_code = 304
        response.set_data(b"")
    elif request.if_none_match.star_tag:
        response.make_conditional(request)
    return response


def known_tags() -> set[str]:
    """
    The tags that the client sends (`If-None-Match`), weak tags included. Werkzeug reads the empty tag `""` as None.
    """
    return {tag or "" for tag in request.if_none_match.as_set(include_weak=True)}
