"""The request's session, and what is to follow its commit."""

from collections.abc import Callable

from flask import current_app, g
from sqlalchemy.orm import Session


def session() -> Session:
    """The request's session."""
    if "session" not in g:
        g.session = current_app.extensions["sessions"]()
    return g.session


def after_commit(follow_up: Callable[[], None]) -> None:
    """Call *follow_up* once the request's writes are safe; never if they are not."""
    g.setdefault("after_commit", []).append(follow_up)


def end_session(_error: BaseException | None = None) -> None:
    """Give the connection back; what was not committed is undone. Registered as the app context's teardown."""
    found = g.pop("session", None)
    if found is not None:
        found.close()
