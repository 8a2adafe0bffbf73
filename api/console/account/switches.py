"""The visitor's notification settings: a checkbox for each topic and each channel that reaches them."""

from flask import Response, render_template, request

from api.accounts.notification_switches import reaches
from api.console.kit.access import page_for, visitor
from api.console.kit.forms import tick
from api.console.kit.pages import back, page_blueprint
from api.http.db import session
from api.http.services import services
from models.accounts.notification_switches import (
    Channel,
    Topic,
    configured_channels,
    set_switches,
    switches_of,
    topics_of,
)
from models.core.errors import InvalidValueError

blp = page_blueprint("switches")

#: The names of topics, and the notifications that belong to them.
TOPIC_NAMES = {
    Topic.MESSAGES: "Messages",
    Topic.INQUIRIES: "Inquiries",
    Topic.OFFERS: "New homes for requests and leads",
    Topic.LIKES: "Other realtors’ likes",
    Topic.MATCHES: "Matches and deals",
    Topic.CONTACTS: "Shared contacts",
    Topic.SELECTIONS: "Answers to my selections",
    Topic.TASKS: "Reminders of tasks and showings",
    Topic.TEAM: "My agency’s updates",
}
CHANNEL_NAMES = {
    Channel.CONSOLE: "Here",
    Channel.TELEGRAM: "Telegram",
    Channel.EMAIL: "E-mail",
    Channel.SMS: "SMS",
}
#: The reason why a channel does not reach the user.
HOW_TO_REACH = {
    Channel.TELEGRAM: "Telegram: link your account first.",
    Channel.EMAIL: "E-mail: confirm your address first.",
    Channel.SMS: "SMS: confirm your phone first.",
}
PATH = "/console/account/notifications"


@blp.route(PATH, methods=["GET", "POST"])
@page_for()
def switches() -> Response | str:
    """Show and change the settings; switches that the form did not show do not change."""
    user = visitor()
    topics = topics_of(user.role)
    channels = [channel for channel in Channel if channel in configured_channels(services().settings)]
    reaching = [channel for channel in channels if reaches(user, channel)]
    if request.method == "POST":
        shown = {topic: {channel: tick(f"{topic}.{channel}") for channel in reaching} for topic in topics}
        changes = {
            str(topic): {str(channel): is_on for channel, is_on in ticks.items() if is_on is not None}
            for topic, ticks in shown.items()
        }
        if not any(changes.values()):
            raise InvalidValueError("switches", "form.outdated")
        set_switches(session(), user, {topic: ticks for topic, ticks in changes.items() if ticks})
        return back(PATH, "saved")
    return render_template(
        "console/account/switches.html",
        topics=topics,
        topic_names=TOPIC_NAMES,
        channels=reaching,
        channel_names=CHANNEL_NAMES,
        unreached=[HOW_TO_REACH[channel] for channel in channels if channel not in reaching],
        switches=switches_of(user),
    )
