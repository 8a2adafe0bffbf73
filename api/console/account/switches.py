"""The visitor's notification settings: a checkbox for each topic and each channel that reaches them."""

from flask import Response, render_template, request

from api.accounts.notification_switches import reaches
from api.console.kit.access import page_for, visitor
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

blp = page_blueprint("switches")

#: What topics are called, and what belongs to them.
TOPIC_NAMES = {
    Topic.MESSAGES: "Messages",
    Topic.INQUIRIES: "Inquiries",
    Topic.OFFERS: "New homes for requests and leads",
    Topic.LIKES: "Likes of other realtors",
    Topic.MATCHES: "Matches and deals",
    Topic.CONTACTS: "Shared contacts",
    Topic.SELECTIONS: "Answers to my selections",
    Topic.TASKS: "Reminders of tasks and showings",
    Topic.TEAM: "News of my agency",
}
CHANNEL_NAMES = {
    Channel.CONSOLE: "Here",
    Channel.TELEGRAM: "Telegram",
    Channel.EMAIL: "E-mail",
    Channel.SMS: "SMS",
}
#: What is missing where a channel does not reach somebody.
HOW_TO_REACH = {
    Channel.TELEGRAM: "Telegram: link your account first.",
    Channel.EMAIL: "E-mail: prove your address first.",
    Channel.SMS: "SMS: prove your phone first.",
}
PATH = "/console/account/notifications"


@blp.route(PATH, methods=["GET", "POST"])
@page_for()
def switches() -> Response | str:
    """Show and change the settings; channels that do not reach the visitor stay as they are."""
    user = visitor()
    topics = topics_of(user.role)
    channels = [channel for channel in Channel if channel in configured_channels(services().settings)]
    reaching = [channel for channel in channels if reaches(user, channel)]
    if request.method == "POST":
        changes = {
            str(topic): {str(channel): f"{topic}.{channel}" in request.form for channel in reaching} for topic in topics
        }
        set_switches(session(), user, changes)
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
