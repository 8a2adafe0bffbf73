"""Shared by all pages of the console: blueprints, headers, errors, and the names that templates can use."""

import gzip
import logging
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request
from sqlalchemy import Select

from api.console.kit import access, form_keys, formatting, i18n
from api.console.kit.access import visitor_or_none
from api.console.kit.assets import asset, takes_gzip
from api.console.kit.icons import icon
from api.console.kit.page_addresses import page_address, return_address
from api.console.kit.request_cleaning import answer_head_like_get, leave_out_nul
from api.console.kit.undo_tokens import known_token
from api.console.kit.unread import unread
from api.http.db import session
from api.http.errors import HANDLERS, answer_to
from api.http.paging import page_of
from api.http.services import services
from models.accounts.notification_switches import Topic
from models.accounts.users import short_name, shown_name
from models.core.enums import ADVERTISING_ROLES, ENGINE_ROLES, PRIVILEGED_ROLES, SUPPLY_ROLES, Role
from models.core.errors import InvalidValueError, NotSignedInError
from models.market.leads import shown_contacts

log = logging.getLogger(__name__)
Word = TypeVar("Word", bound=StrEnum)

#: All assets come from this server and nothing is inline. Photos are links that owners gave, loaded without a Referer,
#: unless FETCH_PHOTOS stores copies of them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

SMALL = 1000  #: Answers of up to this many bytes are not worth compressing.

#: The pages of operators, marketers and administrators, in the order of the menu: (path, English name, icon) -> roles.
PRIVILEGED_PAGES = (
    (("/console/engine", "Engine", "engine"), ENGINE_ROLES),
    (("/console/attention", "Attention", "bell"), ENGINE_ROLES),
    (("/console/queues", "Tasks", "inbox"), ENGINE_ROLES),
    (("/console/schedule", "Schedule", "clock"), ENGINE_ROLES),
    (("/console/markets", "Markets", "home"), ENGINE_ROLES),
    (("/console/quality", "Quality", "chart"), ENGINE_ROLES),
    (("/console/weights", "Weights", "target"), ENGINE_ROLES),
    (("/console/lists", "Users’ lists", "cards"), ENGINE_ROLES),
    (("/console/leadgen", "Lead gen", "megaphone"), ADVERTISING_ROLES),
    (("/console/leadgen/prospects", "Contacts", "people"), (Role.MARKETER,)),
    (("/console/users", "Users", "people"), (Role.ADMIN,)),
    (("/console/audit", "Audit log", "list"), (Role.ADMIN,)),
)

#: The page whose menu entry shows unread notifications of a topic.
PAGE_OF = {
    Topic.MESSAGES: "/console/chats",
    Topic.INQUIRIES: "/console/inquiries",
    Topic.OFFERS: "/console/requests",
    Topic.LIKES: "/console/matches",
    Topic.MATCHES: "/console/matches",
    Topic.CONTACTS: "/console/matches",
    Topic.SELECTIONS: "/console/leads",
    Topic.TEAM: "/console/team",
}

#: Roles that have homes to sell or let rather than clients; their first page is that of their listings.
OWNER_ROLES = frozenset({Role.LANDLORD, Role.DEVELOPER, Role.AGENCY})

THEMES = ("auto", "light", "dark")


def page_blueprint(name: str) -> Blueprint:
    """A blueprint whose answers, errors included, are pages."""
    blp = Blueprint(f"console_{name}", __name__)
    blp.before_request(answer_head_like_get)
    blp.before_request(leave_out_nul)
    blp.before_request(i18n.choose_language)
    blp.after_request(_add_headers)
    blp.context_processor(_names)
    for kind, _ in HANDLERS:
        blp.register_error_handler(kind, _error_page)
    blp.register_error_handler(form_keys.FormSentAgainError, lambda error: back(error.path, "already_saved"))
    return blp


def wants_json() -> bool:
    """
    Whether one of our scripts sent the request and will show the answer in place; otherwise it came from a form or a
    link.
    """
    return request.headers.get("Accept", "").startswith("application/json")


def wants_part() -> bool:
    """Whether a script requests the live part of a page, to replace the old one."""
    return request.args.get("part") == "1"


def back(path: str, outcome: str | None = None, **query: Any) -> Response:
    """Redirect to a page that reports the result: *outcome* is a key of :data:`api.console.kit.i18n.OUTCOMES`."""
    form_keys.keep(path)
    query = {name: value for name, value in query.items() if value not in (None, "")}
    if outcome:
        query["outcome"] = outcome
    # This is the application's own response class, although Flask declares its base class.
    return cast(Response, redirect(f"{path}?{urlencode(query)}" if query else path, HTTPStatus.SEE_OTHER))


def listed(query: Select, per_page: int) -> tuple[list[Any], dict[str, int]]:
    """The rows of the requested page, or of the last one if there are fewer, and its pager."""
    page = page_number()
    rows, total = page_of(query, {"page": page, "limit": per_page})
    pages = max(1, -(-total // per_page))
    if page > pages:  # an old link, or rows are gone: an empty page would suggest an empty list
        page = pages
        rows, total = page_of(query, {"page": page, "limit": per_page})
    return rows, {"total": total, "page": page, "pages": pages}


def chosen(words: type[Word], name: str) -> Word | None:
    """The enumeration's word in the address; None if there is none."""
    raw = request.args.get(name)
    return words(raw) if raw in list(words) else None


def page_number() -> int:
    """The page number in the query; the first for a missing or malformed one."""
    raw = request.args.get("page", "1")
    return max(1, min(int(raw), 100_000)) if raw.isascii() and raw.isdigit() and len(raw) < 7 else 1


def home_of(role: Role) -> str:
    """The first page of a role."""
    if role in ENGINE_ROLES:
        return "/console/engine"
    if role is Role.MARKETER:
        return "/console/leadgen"
    if role in OWNER_ROLES:
        return "/console/owner/listings"
    return "/console/leads" if role in SUPPLY_ROLES else "/console/feed"


def menu_of(role: Role) -> list[tuple[str, str, str]]:
    """(path, English name, icon) of a role's pages, the most used first."""
    chats = [("/console/chats", "Chats", "chat")]
    if role in PRIVILEGED_ROLES:
        return [page for page, roles in PRIVILEGED_PAGES if role in roles]
    if role in OWNER_ROLES:
        return [
            ("/console/owner/listings", "My listings", "home"),
            ("/console/inquiries", "Inquiries", "inbox"),
            *chats,
            ("/console/properties", "Properties", "list"),
            ("/console/matches", "Matches", "handshake"),
            ("/console/leads", "Leads", "target"),
        ]
    if role in SUPPLY_ROLES:
        return [
            ("/console/leads", "Leads", "target"),
            ("/console/properties", "Properties", "home"),
            ("/console/tasks", "Tasks", "clock"),
            ("/console/matches", "Matches", "handshake"),
            ("/console/inquiries", "Inquiries", "inbox"),
            *chats,
            *([("/console/team", "Team", "people")] if role is Role.REALTOR else []),
        ]
    return [
        ("/console/feed", "Feed", "cards"),
        ("/console/requests", "Requests", "target"),
        ("/homes", "Search", "search"),
        ("/console/searches", "My searches", "bell"),
        ("/console/favorites", "Favourites", "star"),
        ("/console/inquiries", "Inquiries", "inbox"),
        *chats,
    ]


def help_of(role: Role | None) -> str | None:
    """
    The page of the help for a role, or for a visitor who is not signed in; None if no page is for the role.

    The guide for realtors is in every language, everything else in English.
    """
    guide = f"/help/guide/realtor.{i18n.language()}.html"
    if role is None and i18n.language() != "en":
        return guide
    if role is None or role in PRIVILEGED_ROLES:
        return "/help/index.html"
    return guide if role is Role.REALTOR else None


def _current_page(menu: list[tuple[str, str, str]]) -> str | None:
    """The menu's path that contains the visitor's page; if there are several, the longest."""
    paths = (path for path, _, _ in menu if f"{request.path}/".startswith(f"{path}/"))
    return max(paths, key=len, default=None)


def _names() -> dict[str, Any]:
    user = visitor_or_none()
    menu = menu_of(user.role) if user else []
    theme = request.cookies.get("theme", "auto")
    return {
        "_": i18n.translate,
        "counted": i18n.counted,
        "noun_of": i18n.noun_of,
        "word": i18n.word,
        "lang": i18n.language(),
        "languages": i18n.LANGUAGES,
        "theme": theme if theme in THEMES else "auto",
        "csrf": access.csrf_token(),
        "form_key": form_keys.form_key,
        "user": user,
        "menu": menu,
        "help_address": help_of(user.role if user else None),
        "current_page": _current_page(menu),
        "unread": lambda: sum(unread().by_topic.values()),
        "newest_unread": lambda: unread().newest_id,
        "badges": lambda: badges_of(unread().by_topic),
        "place": return_address,
        "page_address": page_address,
        "outcome": i18n.outcome(request.args.get("outcome")),
        "undo": known_token(request.args.get("undo")),
        "asset": asset,
        "icon": icon,
        "money": formatting.money,
        "price_of": formatting.price_of,
        "town_of": formatting.town_of,
        "town_called": formatting.town_called,
        "number": formatting.number,
        "as_typed": formatting.as_typed,
        "compact": formatting.compact,
        "percent": formatting.percent,
        "ring": formatting.ring,
        "bar": formatting.bar,
        "short_name": short_name,
        "shown_name": shown_name,
        "shown_contacts": shown_contacts,
        "title_of": formatting.title_of,
        "phone_text": formatting.phone_text,
        "location_label": formatting.location_label,
        "photo_of": formatting.photo_of,
        "photos_of": formatting.photos_of,
        "advert_of": formatting.advert_of,
        "drawing_of": formatting.drawing_of,
        "when": formatting.when,
    }


def badges_of(topics: Mapping[Topic, int]) -> dict[str, int]:
    """Path of a menu's page -> the number of unread notifications that lead there."""
    counts: dict[str, int] = {}
    for topic, count in topics.items():
        if path := PAGE_OF.get(topic):
            counts[path] = counts.get(path, 0) + count
    return counts


def _add_headers(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _policy()
        response.headers["Cache-Control"] = "no-store"
        _compress(response)
    return access.set_guest_cookie(response)


def _policy() -> str:
    """The content policy. With FETCH_PHOTOS, images come only from this server, tiles from that of MAP_TILES_URL."""
    settings = services().settings
    if not settings.fetch_photos:
        return POLICY
    tiles = f" https://{urlsplit(settings.map_tiles_url).netloc}" if settings.map_tiles_url else ""
    return POLICY.replace(" https: data:;", f"{tiles};")


def _compress(response: Response) -> None:
    """
    Compress the answer. The cards of a page resemble each other, so gzip reduces it to a tenth in two milliseconds.
    """
    response.vary.add("Accept-Encoding")
    if takes_gzip() and not response.is_streamed and (response.content_length or 0) > SMALL:
        response.set_data(gzip.compress(response.get_data(), compresslevel=1, mtime=0))
        response.content_encoding = "gzip"


def _error_page(error: Exception) -> Response:
    """The JSON API's error as a page; visitors who are not signed in are sent to the sign-in page."""
    if "language" not in g:
        i18n.choose_language()
    if isinstance(error, NotSignedInError) and request.accept_mimetypes.best == "text/event-stream":
        return Response(status=HTTPStatus.NO_CONTENT)  # so an EventSource stops; at a page it reports an error
    if isinstance(error, NotSignedInError) and not wants_json() and not wants_part():
        target = request.full_path.rstrip("?") if request.method == "GET" else page_address(request.path)
        return back("/console/sign-in", next=target if target != "/console" else None)
    plain = answer_to(error)
    body = plain.get_json()
    message = i18n.translate_error(error) if isinstance(error, InvalidValueError) else body["message"]
    if wants_json():
        response = jsonify(code=body["code"], message=message)
    else:
        session().rollback()  # the page's own queries need a working transaction
        name = "console/error_part.html" if wants_part() else "console/error.html"
        response = Response(render_template(name, code=body["code"], message=message), mimetype="text/html")
    response.status_code = body["code"]
    if "Retry-After" in plain.headers:
        response.headers["Retry-After"] = plain.headers["Retry-After"]
    return response
