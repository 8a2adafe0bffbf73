"""The request's session, and what is to follow its commit."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from api.http.operations import View, with_facts
from api.http.request_state import current
from api.http.services import services


def session() -> Session:
    """The request's session."""
    state = current()
    if state.session is None:
        state.session = services().reading_sessions() if state.only_reads else services().sessions()
    return state.session


def only_reads(view: View) -> View:
    """
    This view writes nothing, so its statements need no transaction around them: two trips to the database less.

    They saw a state of their own each in a transaction too (READ COMMITTED). Stands below the access decorator.
    """
    return with_facts(view, only_reads=True)


def after_commit(follow_up: Callable[[], object]) -> None:
    """Call *follow_up* once the request's writes are safe; never if they are not."""
    current().after_commit.append(follow_up)


def end_session(_error: BaseException | None = None) -> None:
    """Give the connection back; what was not committed is undone. Registered as the app context's teardown."""
    opened, current().session = current().session, None
    if opened is not None:
        opened.close()
