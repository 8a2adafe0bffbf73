"""The visitor's profile: name, photo, language, time zone; data export, deletion of the account."""

from typing import Any
from zoneinfo import available_timezones

from flask import Response, render_template, request

from api.accounts import account_exports
from api.accounts.portal_users import erase_account, stored_files
from api.console.kit import access
from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import LANGUAGES, translate
from api.console.kit.pages import back, page_blueprint, wants_part
from api.http.db import session
from api.http.uploads import read_pictures, takes_uploads
from models.accounts.account_exports import KEPT, latest_export
from models.accounts.users import change_profile
from models.core.errors import InvalidValueError
from models.upkeep.erasure import holdings_of

blp = page_blueprint("profile")

#: Time zones of the countries with the most known towns; other zones are kept if a browser or the API has set them.
TIME_ZONES = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Novosibirsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
    "Asia/Almaty",
    "Asia/Aqtobe",
    "Asia/Tashkent",
    "Asia/Dubai",
    "Asia/Tbilisi",
    "Europe/Istanbul",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "UTC",
)
NAME_LENGTH = 90  # characters of each part
DATA = "/console/account/data"


@blp.app_template_global("time_zones")
def time_zones() -> list[str]:
    """The time zones to choose from, the visitor's own included."""
    own = visitor().time_zone
    return [*TIME_ZONES, *([own] if own and own not in TIME_ZONES else [])]


@blp.post("/console/account/profile")
@page_for()
@takes_uploads
def save() -> Response:
    """Change name, photo, language and time zone."""
    user, form = visitor(), request.form
    first, _, last = " ".join(form.get("name", "").split()).partition(" ")
    if not first or max(len(first), len(last)) > NAME_LENGTH:
        raise InvalidValueError("name", "value.required")
    zone = form.get("time_zone", "")
    if zone and zone not in available_timezones():
        raise InvalidValueError("time_zone", "value.invalid")
    avatar = request.files.get("avatar")
    avatar = avatar if avatar is not None and avatar.filename else None
    read_pictures([avatar], user)
    change_profile(session(), user, {"first_name": first, "last_name": last} | stored_files(avatar, [], user))
    if "time_zone" in form:
        user.time_zone = zone or None
    response = back("/console/account", "saved")
    if form.get("lang") in LANGUAGES:
        user.language = form["lang"]
        access.set_preference(response, "lang", form["lang"])
    return response


@blp.get(DATA)
@page_for()
def data() -> str:
    """The data stored about the visitor: a copy to download, and a list of what a deletion would erase."""
    return _data()


@blp.post(f"{DATA}/export")
@page_for()
def export() -> Response:
    account_exports.requested(visitor())
    return back(DATA)


@blp.get(f"{DATA}/exports/<int:export_id>")
@page_for()
def file(export_id: int) -> Response:
    return account_exports.file_of(visitor(), export_id)


@blp.post(f"{DATA}/erase")
@page_for()
def erase() -> Response | tuple[str, int]:
    """Delete the account after the visitor has typed the word that the page shows."""
    if request.form.get("word", "").strip().casefold() != translate("delete").casefold():
        return _data(error=translate("Type the word as it is shown.")), 400
    erase_account(visitor())
    return access.delete_session_cookie(back("/console/sign-in", "erased"))


def _data(**shown: Any) -> str:
    name = "console/account/export_part.html" if wants_part() else "console/account/data.html"
    return render_template(
        name,
        export=latest_export(session(), visitor()),
        kept_days=KEPT.days,
        holdings=holdings_of(session(), visitor()),
        **shown,
    )
