"""One transaction a request: opened at the first query, committed in one place when the answer is good."""

from flask import Flask, Response, g

from api import idempotency


class App(Flask):
    """A Flask that commits the request's transaction after the view and before the answer leaves."""

    def dispatch_request(self) -> Response:
        earlier = idempotency.earlier_answer()
        if earlier is not None:
            return earlier
        response = self.make_response(super().dispatch_request())
        if response.status_code >= 400:
            return response  # the session is rolled back when the request ends
        idempotency.keep_answer(response)
        if "session" in g:
            g.session.commit()
            for follow_up in g.pop("after_commit", []):
                follow_up()
        return response
