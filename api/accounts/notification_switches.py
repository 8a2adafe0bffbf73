"""The caller's notification settings, by topic and channel."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.services import services
from models.accounts.notification_switches import (
    Channel,
    Topic,
    address_of,
    configured_channels,
    set_switches,
    switches_of,
)
from models.accounts.users import User

blp = Blueprint("notification-switches", __name__, description="Notification settings, by topic and channel")


class ByChannel(Body):
    """A topic's switches; channels that are left out do not change."""

    console = fields.Boolean(
        metadata={"description": "Counted and announced on the pages; the list contains it in any case."}
    )
    telegram = fields.Boolean()
    email = fields.Boolean()
    sms = fields.Boolean()


ByTopic: Any = Body.from_dict({str(topic): fields.Nested(ByChannel) for topic in Topic}, name="SwitchesByTopic")


class Reach(Body):
    console = fields.Boolean()
    telegram = fields.Boolean()
    email = fields.Boolean()
    sms = fields.Boolean()


class Switches(Body):
    switches = fields.Nested(ByTopic, required=True)


class SwitchesAnswer(Body):
    switches = fields.Nested(ByTopic)
    channels = fields.Nested(
        Reach,
        metadata={"description": "Whether a channel is configured here and reaches the caller, whatever the switches."},
    )


@blp.route("/notifications/switches")
class NotificationSwitches(MethodView):
    """Read and change the caller's switches."""

    @signed_in
    @blp.response(200, SwitchesAnswer)
    def get(self) -> dict[str, Any]:
        """Read my notification settings by topic and channel

        E-mail and SMS need a proven address or phone, Telegram a linked account; `channels` lists the channels that
        reach me.
        """
        return answer_of(current_user())

    @signed_in
    @blp.arguments(Switches)
    @blp.response(200, SwitchesAnswer)
    def patch(self, body: dict[str, Any]) -> dict[str, Any]:
        """Switch notifications on and off, by topic and channel

        Switches that are left out do not change. The flags `notifications_...` of the portal's profile follow.
        """
        set_switches(session(), current_user(), body["switches"])
        return answer_of(current_user())


def answer_of(user: User) -> dict[str, Any]:
    """The user's switches and the channels that reach the user, as the API shows them."""
    return {
        "switches": {
            str(topic): {str(channel): is_on for channel, is_on in channels.items()}
            for topic, channels in switches_of(user).items()
        },
        "channels": {str(channel): reaches(user, channel) for channel in Channel},
    }


def reaches(user: User, channel: Channel) -> bool:
    """Whether *channel* is configured here and reaches the user."""
    is_set_up = channel in configured_channels(services().settings)
    return is_set_up and (channel is Channel.CONSOLE or address_of(user, channel) is not None)
