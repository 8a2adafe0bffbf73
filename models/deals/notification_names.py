"""Names in notifications: those of the people and homes concerned, as far as the reader may see them.

Names are not stored in a notification but looked up when it is read or sent. So an erased name disappears everywhere,
and the current privacy rules apply.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.accounts.users import User, short_name, shown_name
from models.deals.chats import Chat
from models.deals.match_table import Match
from models.market.leads import Lead
from models.market.properties import Property
from models.market.shown_addresses import EXACT, precision_of, shown_street


class NamedNotification(Protocol):
    """A notification that is stored, or claimed for sending."""

    @property
    def id(self) -> int: ...
    @property
    def user_id(self) -> int: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


#: Notification's id -> {"who": ..., "what": ...}; unknown ones are left out.
Names = dict[int, dict[str, str]]


def names_of(session: Session, notifications: Iterable[NamedNotification]) -> Names:
    """
    The people and homes that each notification is about: private persons' names are short until contacts are shared.
    """
    rows = list(notifications)
    related = _Rows(session, rows)
    return {row.id: {name: text for name, text in related.names(row).items() if text} for row in rows}


def home_name(listing: Property, reader_id: int, *, in_contact: bool = False) -> str:
    """A listing's name: its title, otherwise its location as far as the reader may see it."""
    knows_all = in_contact or listing.owner_id == reader_id
    street = shown_street(listing, EXACT if knows_all else precision_of(listing, EXACT))
    return listing.title or street or ", ".join(filter(None, (listing.district, listing.city)))


class _Rows:
    """The rows that the notifications refer to; each table is read once."""

    def __init__(self, session: Session, notifications: list[NamedNotification]) -> None:
        self._session = session
        both = selectinload(Match.lead), selectinload(Match.property)
        self._matches = self._by_id(Match, _ids(notifications, "match_id"), *both)
        self._chats = self._by_id(Chat, _ids(notifications, "chat_id"))
        chats = self._chats.values()
        self._leads = self._by_id(Lead, _ids(notifications, "lead_id"))
        self._properties = self._by_id(
            Property,
            _ids(notifications, "listing_id")
            | _ids(notifications, "property_id")
            | {chat.property_id for chat in chats},
        )
        sides = {owner for match in self._matches.values() for owner in (match.lead.owner_id, match.property.owner_id)}
        talkers = {user_id for chat in chats for user_id in (chat.buyer_id, chat.seller_id)}
        owners = {listing.owner_id for listing in self._properties.values()}
        others = _ids(notifications, "tenant_id") | _ids(notifications, "member_id")
        self._users = self._by_id(User, sides | talkers | owners | others)

    def names(self, notification: NamedNotification) -> dict[str, str | None]:
        data = notification.data
        match, chat = self._matches.get(_id(data, "match_id")), self._chats.get(_id(data, "chat_id"))
        if match is not None:
            other = match.property.owner_id if match.lead.owner_id == notification.user_id else match.lead.owner_id
            client = short_name(match.lead.client_name) or f"№ {match.lead_id}"
            in_contact = match.contact_shared_at is not None
            home = home_name(match.property, notification.user_id, in_contact=in_contact)
            return {"who": self._user(other, in_contact=in_contact), "what": f"{client} — {home}"}
        if chat is not None:
            return {
                "who": self._user(chat.other(notification.user_id)),
                "what": self._home(chat.property_id, notification.user_id),
            }
        if "member_id" in data:
            return {"who": self._user(_id(data, "member_id"))}
        if "selection_id" in data:
            lead = self._leads.get(_id(data, "lead_id"))
            return {"who": short_name(lead.client_name) if lead else None}
        listing_id = _id(data, "listing_id") or _id(data, "property_id")
        listing = self._properties.get(listing_id)
        other_id = _id(data, "tenant_id") or (listing.owner_id if listing is not None else 0)
        return {
            "who": self._user(other_id) if other_id != notification.user_id else None,
            "what": self._home(listing_id, notification.user_id),
        }

    def _user(self, user_id: int, *, in_contact: bool = False) -> str | None:
        user = self._users.get(user_id)
        return None if user is None else shown_name(user.name, user.role, in_contact=in_contact)

    def _home(self, property_id: int, reader_id: int) -> str | None:
        listing = self._properties.get(property_id)
        return None if listing is None else home_name(listing, reader_id)

    def _by_id(self, table: type[Any], ids: set[int], *options: Any) -> dict[int, Any]:
        if not ids:
            return {}
        return {row.id: row for row in self._session.scalars(select(table).where(table.id.in_(ids)).options(*options))}


def _ids(notifications: list[NamedNotification], name: str) -> set[int]:
    return {number for each in notifications if (number := _id(each.data, name))}


def _id(data: Mapping[str, Any], name: str) -> int:
    """An id in a notification's data, which holds exchange ids as texts; 0 without one."""
    raw = str(data.get(name, ""))
    return int(raw) if raw.isascii() and raw.isdigit() else 0
