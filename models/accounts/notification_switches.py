"""Notification settings: which topics reach a user by which channel.

A user switches each *topic* on and off for each *channel*. A switch that was never set has the channel's default: on in
the console and by Telegram, off by e-mail and SMS. The portal's profile has coarser flags for everything sent outside
the console (`notifications_new_matches`, ...); a change of a flag changes its switches, and vice versa.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from models.accounts.telegram import PERSON
from models.accounts.users import User
from models.core.enums import Role
from models.platform.settings import Settings


class Channel(StrEnum):
    """The way by which a notification reaches its user."""

    CONSOLE = "console"
    TELEGRAM = "telegram"
    EMAIL = "email"
    SMS = "sms"


class Topic(StrEnum):
    """The subject of notifications, as users distinguish them."""

    MESSAGES = "messages"
    INQUIRIES = "inquiries"
    OFFERS = "offers"
    LIKES = "likes"
    MATCHES = "matches"
    CONTACTS = "contacts"
    SELECTIONS = "selections"
    TASKS = "tasks"
    TEAM = "team"


#: Channels outside the application; a notification is sent by each at most once.
OUTSIDE = (Channel.TELEGRAM, Channel.EMAIL, Channel.SMS)
_DEFAULTS = {Channel.CONSOLE: True, Channel.TELEGRAM: True, Channel.EMAIL: False, Channel.SMS: False}
#: The flag of the portal's profile for a topic outside the application.
FLAGS = {
    Topic.MESSAGES: "notifications_all_messages",
    Topic.INQUIRIES: "notifications_responses",
    Topic.OFFERS: "notifications_new_matches",
    Topic.LIKES: "notifications_new_matches",
    Topic.MATCHES: "notifications_new_matches",
    Topic.CONTACTS: "notifications_contacts",
    Topic.SELECTIONS: "notifications_responses",
    Topic.TASKS: "notifications_tasks",
    Topic.TEAM: "notifications_tasks",
}
_OF_DEALS = (Topic.LIKES, Topic.MATCHES, Topic.CONTACTS, Topic.SELECTIONS, Topic.TASKS, Topic.TEAM)


def topics_of(role: Role) -> list[Topic]:
    """The topics that a user of this role is notified of."""
    if role is Role.TENANT:
        return [topic for topic in Topic if topic not in _OF_DEALS]
    # Only realtors have agencies.
    return [topic for topic in Topic if topic is not Topic.TEAM or role is Role.REALTOR]


def is_on(user: User, topic: Topic, channel: Channel) -> bool:
    """Whether the user wants notifications of *topic* by *channel*."""
    chosen = user.notification_switches.get(topic, {}).get(channel)
    if chosen is not None:
        return bool(chosen)
    if channel is Channel.TELEGRAM and user.profile.get(FLAGS[topic]) in (False, "false", "False", "0", 0):
        return False
    return _DEFAULTS[channel]


def switches_of(user: User) -> dict[Topic, dict[Channel, bool]]:
    """Every switch of the user."""
    return {topic: {channel: is_on(user, topic, channel) for channel in Channel} for topic in Topic}


def set_switches(session: Session, user: User, changes: Mapping[str, Mapping[str, bool]]) -> None:
    """
    Set the given switches, {topic: {channel: is on}}; the portal's flags are updated. Other switches do not change.
    """
    session.refresh(user, with_for_update=True)  # two simultaneous changes must not lose each other's switches
    chosen = {topic: dict(channels) for topic, channels in user.notification_switches.items()}
    for topic, channels in changes.items():
        chosen.setdefault(Topic(topic), {}).update({Channel(channel): is_on for channel, is_on in channels.items()})
    user.notification_switches = chosen
    touched = {FLAGS[Topic(topic)] for topic in changes}
    user.profile = user.profile | {flag: _is_sent(user, flag) for flag in touched}
    session.flush()


def follow_flags(user: User, flags: Iterable[str]) -> None:
    """Apply the portal's flags of the profile to the switches that they cover."""
    chosen = {topic: dict(channels) for topic, channels in user.notification_switches.items()}
    for topic in Topic:
        if FLAGS[topic] in flags:
            for channel in OUTSIDE:
                chosen.get(topic, {}).pop(channel, None)
    user.notification_switches = {topic: channels for topic, channels in chosen.items() if channels}


def configured_channels(settings: Settings) -> frozenset[Channel]:
    """The channels for which this system is configured."""
    gateways = {
        Channel.CONSOLE: True,
        Channel.TELEGRAM: bool(settings.telegram_bot_token),
        Channel.EMAIL: bool(settings.smtp_url),
        Channel.SMS: bool(settings.sms_gateway_url),
    }
    return frozenset(channel for channel, is_there in gateways.items() if is_there)


def address_of(user: User, channel: Channel) -> str | None:
    """The user's address in *channel*; None without one.

    Only proven phones and e-mail addresses count, because a claimed one may be somebody else's. Registration accepts
    any text for a Telegram account; with "@channel" our bot would post users' texts in a channel of ours.
    """
    addresses: dict[Channel, Any] = {
        Channel.TELEGRAM: user.telegram_id if PERSON.fullmatch(user.telegram_id or "") else None,
        Channel.EMAIL: user.email if user.email_proven_at else None,
        Channel.SMS: user.phone if user.phone_proven_at else None,
    }
    return addresses.get(channel)


def _is_sent(user: User, flag: str) -> bool:
    return any(is_on(user, topic, channel) for topic in Topic if FLAGS[topic] == flag for channel in OUTSIDE)
