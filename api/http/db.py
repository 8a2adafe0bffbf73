"""The request's session, and callbacks after its commit."""

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
    Mark a view that writes nothing: its statements run without a transaction, which saves two round trips. Nothing is
    lost, because under READ COMMITTED each statement of a transaction has its own snapshot too. Apply it below the
    access decorator.
    """
    return with_facts(view, only_reads=True)


def after_commit(follow_up: Callable[[], object]) -> None:
    """Call *follow_up* after the request's transaction is committed; never if it is rolled back."""
    current().after_commit.append(follow_up)


def end_session(_error: BaseException | None = None) -> None:
    """Return the connection; uncommitted writes are rolled back. Registered as the app context's teardown."""
    opened, current().session = current().session, None
    if opened is not None:
        opened.close()
