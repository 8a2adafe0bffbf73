"""The visitor's unread notifications, and those that a page shows, which are read as soon as it is opened."""

from collections.abc import Collection

from api.console.kit.access import visitor
from api.http.db import session
from api.http.request_state import current
from models.accounts.notification_groups import Unread, mark_type_read, unread_of
from models.accounts.notifications import TOPIC_OF, NotificationType


def unread() -> Unread:
    """The visitor's unread notifications; needed on whole pages, whose header shows them, not in their live parts."""
    state = current()
    if state.unread is None:
        state.unread = unread_of(session(), visitor())
    return state.unread


def read_news(type_: NotificationType, **ids: Collection[int]) -> None:
    """
    Mark the visitor's notifications of a type as read, with one of these *ids* in their data. If none of its topic is
    unread, this costs no statement beside the one of the page's header.
    """
    if TOPIC_OF[type_] in unread().by_topic:
        mark_type_read(session(), visitor(), type_, **ids)
        current().unread = None
