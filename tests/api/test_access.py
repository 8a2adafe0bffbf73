"""
Who may call which operation, from one table over all registered routes: a new route without an entry fails.
"""

import re

import pytest
from sqlalchemy.orm import Session

from api.http import access
from api.server.app import create_app
from models.accounts.notifications import NotificationType, notify
from models.core.enums import SUPPLY_ROLES, ActionKind, Role, Side
from models.deals.chats import open_chat
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from models.market.account_status import set_active
from models.platform.settings import Settings
from tests.api.account_operations import ACCOUNT
from tests.api.agenda_operations import AGENDA
from tests.api.ops_operations import OPERATIONS, OPERATORS
from tests.api.webhook_operations import WEBHOOKS
from tests.factories import lead_body, make_lead, make_property, make_user, property_body, token_header
from tests.tables import each_of

SUPPLY = ", ".join(sorted(SUPPLY_ROLES))
SELLERS = "agency, developer, realtor"
#: WebSockets are refused at the handshake, which tests/api/test_chat_sockets.py tests.
PARTICIPANT = "buyer or seller of the chat"

#: Access is by address or by its own token (tests/api/test_ops.py).
MONITORING = "monitoring"

#: Operation of any contract -> who may call it. `owner`: signed in, and answered 403 or 404 for another user's row;
#: both sides own a chat. `owner or admin`: administrators have access too. Roles have their canonical names.
TABLE = {
    # the service itself
    "GET /health": "anyone",
    "GET /health/live": "anyone",
    "GET /health/ready": "anyone",
    "GET /metrics": MONITORING,
    "GET /openapi.json": "anyone",
    "GET /docs/": "anyone",
    "GET /docs/<path:path>": "anyone",
    "GET /help": "anyone",
    "GET /help/<path:name>": "anyone",
    "GET /redoc": "anyone",
    "GET /redoc/<path:name>": "anyone",
    "GET /media/<name>": "anyone",
    # for search engines
    "GET /robots.txt": "anyone",
    "GET /sitemap.xml": "anyone",
    "GET /sitemaps/homes-<int:number>.xml": "anyone",
    "GET /sitemaps/towns.xml": "anyone",
    # accounts
    "POST /auth/register": "anyone",
    "POST /auth/login": "anyone",
    "POST /auth/telegram": "anyone",
    "POST /auth/telegram/login-or-register": "bot",
    "POST /auth/logout": "user",
    "PUT /auth/password": "user",
    "GET /auth/me": "user",
    "POST /auth/email": "anyone",
    "POST /auth/email/token": "anyone",
    "POST /auth/password/reset": "anyone",
    "POST /auth/invitation": "anyone",
    "POST /admin/invitations": "admin",
    "GET /admin/users": "admin",
    "PATCH /admin/users/<int:user_id>": "admin",
    "POST /users/register": "anyone",
    "POST /users/activate": "anyone",
    "POST /users/token": "anyone",
    "POST /users/reset": "anyone",
    "GET /users/me": "user",
    "PUT /users/update": "user",
    "DELETE /users/delete": "user",
    "GET /users/list": "admin",
    # exchange
    "POST /leads": "user",
    "GET /leads": "user",
    "GET /leads/<int:lead_id>": "owner",
    "PUT /leads/<int:lead_id>": "owner",
    "POST /leads/<int:lead_id>/archive": "owner",
    "GET /leads/<int:lead_id>/matches": "owner",
    "GET /leads/<int:lead_id>/property-recommendations": "owner",
    "POST /leads/<int:lead_id>/property-recommendations/<int:property_id>/action": "owner",
    "POST /properties": SUPPLY,
    "GET /properties": "user",
    "GET /properties/<int:property_id>": "owner",
    "PUT /properties/<int:property_id>": "owner",
    "PUT /properties/<int:property_id>/archive": "owner",
    "GET /properties/<int:property_id>/matches": "owner",
    "GET /properties/<int:property_id>/lead-recommendations": "owner",
    "POST /properties/<int:property_id>/lead-recommendations/<int:lead_id>/action": "owner",
    "POST /leads/<int:lead_id>/restore": "owner",
    "PUT /properties/<int:property_id>/restore": "owner",
    "POST /matches/<int:match_id>/object": "owner",
    "POST /matches/<int:match_id>/complete": "owner",
    "POST /notifications/<int:notification_id>/read": "owner",
    # lead generation
    "GET /api/health": "anyone",
    "GET /api/niches": "api key",
    "POST /api/niches": "api key",
    "GET /api/niches/<uuid:niche_id>": "api key",
    "PATCH /api/niches/<uuid:niche_id>": "api key",
    "DELETE /api/niches/<uuid:niche_id>": "api key",
    "GET /api/niches/<uuid:niche_id>/stats": "api key",
    "GET /api/niches/<uuid:niche_id>/stats/export": "api key",
    "GET /api/campaigns": "api key",
    "POST /api/campaigns": "api key",
    "GET /api/campaigns/<uuid:campaign_id>": "api key",
    "PATCH /api/campaigns/<uuid:campaign_id>/status": "api key",
    "GET /api/campaigns/<uuid:campaign_id>/ads": "api key",
    "POST /api/campaigns/<uuid:campaign_id>/ads": "api key",
    "PATCH /api/ads/<uuid:ad_id>": "api key",
    "GET /api/leads": "api key",
    "POST /api/leads": "api key",
    "GET /api/leads/<uuid:lead_id>": "api key",
    "PATCH /api/leads/<uuid:lead_id>/status": "api key",
    "GET /api/leads/<uuid:lead_id>/messages": "api key",
    "POST /api/leads/<uuid:lead_id>/messages": "api key",
    "POST /api/leads/<uuid:lead_id>/convert": "api key",
    **dict.fromkeys(("POST /api/leads/import", "POST /api/ads/import", "GET /api/leads/export"), "api key"),
    "GET /api/events": "api key",
    "GET /api/ws": "api key",
    # tinder
    "GET /listings": "anyone",
    "POST /listings": SUPPLY,
    "GET /listings/my": "user",
    "GET /listings/<int:listing_id>": "anyone",
    "PUT /listings/<int:listing_id>": "owner or admin",
    "DELETE /listings/<int:listing_id>": "owner or admin",
    "GET /admin/listings": "admin",
    "GET /places": "anyone",
    "GET /preferences": "user",
    "POST /preferences": "user",
    "GET /feed/next": "user",
    "POST /feed/action": "user",
    "POST /feed/undo": "user",
    "POST /telegram/updates": "telegram",
    "GET /favorites": "user",
    "POST /favorites": "user",
    "DELETE /favorites/<int:listing_id>": "user",
    "GET /leads/my": "user",
    "GET /leads/for-me": SUPPLY,
    "PATCH /inquiries/<int:inquiry_id>": "owner",
    # portal
    "POST /properties/create": SELLERS,
    "GET /properties/my_properties": SELLERS,
    "POST /users/create_request": "tenant",
    "GET /users/my_requests": "tenant",
    "GET /my_requests": "tenant",
    "GET /users/my_requests/<int:request_id>": "tenant",
    "DELETE /users/my_requests/<int:request_id>": "tenant",
    "GET /users/my_requests/<int:request_id>/offers": "tenant",
    "POST /chat/create_chat": "user",
    "GET /chat/my_chats": "user",
    "GET /chat/chat_messages/<int:chat_id>": "owner",
    "POST /chat/chat_messages/<int:chat_id>": "owner",
    "POST /chat/chat_messages/<int:chat_id>/read": "owner",
    "POST /chat/ticket": "user",
    "GET /chat/ws/<int:chat_id>": PARTICIPANT,
    # sources; each is its owner's alone (tests/api/test_sources.py)
    **{f"{method} /sources": SUPPLY for method in ("POST", "GET")},
    **{f"{method} /sources/<int:source_id>": SUPPLY for method in ("GET", "PATCH", "DELETE")},
    "POST /sources/<int:source_id>/run": SUPPLY,
    "GET /sources/<int:source_id>/imports": SUPPLY,
    "GET /sources/<int:source_id>/photos": SUPPLY,
    **OPERATIONS,
    **dict.fromkeys(ACCOUNT, "user"),  # what is another's is refused by tests of their own
    **dict.fromkeys((*WEBHOOKS, "GET /events"), "user"),  # each is its owner's alone (tests/api/test_webhooks.py)
    **{f"{method} /leads/<int:lead_id>/selections": "user" for method in ("POST", "GET")},
    **{f"{method} /leads/<int:lead_id>/selections/<int:selection_id>": "user" for method in ("GET", "DELETE")},
    **dict.fromkeys(AGENDA, SUPPLY),
    "GET /calendars/<name>": "anyone",
    "GET /exports/leads": "user",
    "GET /exports/properties": "user",
    "GET /exports/leads/<int:lead_id>/recommendations": "user",
    "GET /exports/matches": "user",
    **{f"{method} /outgoing-feed": SUPPLY for method in ("GET", "POST", "DELETE")},
    "GET /outgoing-feeds/<name>": "anyone",
    "POST /imports": SUPPLY,
    "GET /imports": SUPPLY,
    "GET /imports/<int:import_id>": SUPPLY,
    "POST /imports/<int:import_id>/confirm": SUPPLY,
    "GET /imports/<int:import_id>/refused": SUPPLY,
    "POST /leads/understand": "user",
    "POST /properties/understand": "user",
}

LISTING = {"title": "x", "city": "Москва", "deal_type": "sale", "property_type": "flat", "price": 1}

#: Bodies without which a stranger's request would be invalid.
BODIES = {
    "PUT /leads/<int:lead_id>": lead_body(),
    "PUT /properties/<int:property_id>": property_body(),
    "POST /leads/<int:lead_id>/property-recommendations/<int:property_id>/action": {"action": "LIKE"},
    "POST /properties/<int:property_id>/lead-recommendations/<int:lead_id>/action": {"action": "LIKE"},
    "PUT /listings/<int:listing_id>": LISTING,
    "PATCH /inquiries/<int:inquiry_id>": {"status": "in_progress"},
    "POST /chat/chat_messages/<int:chat_id>": {"message": "?"},
    "POST /chat/chat_messages/<int:chat_id>/read": {},
}


def operations_for(*who: str) -> list[str]:
    return [operation for operation, allowed in TABLE.items() if allowed in who]


@pytest.fixture(scope="module")
def registered():
    """Operation -> the name of its declared access."""
    # These servers do not exist: the table of routes needs none.
    settings = Settings.from_env(
        {
            "ENVIRONMENT": "test",
            "DATABASE_URL": "postgresql://nowhere",
            "REDIS_URL": "redis://nowhere",
            "SECRET_KEY": "x",
        }
    )
    # The pages of the console have their own table: tests/console/test_access.py.
    return {
        f"{method} {path}": facts.access.name
        for method, path, facts in access.operations(create_app(settings))
        if not (path == "/" or path.startswith(("/console", "/s/", "/homes")))
    }


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def world(db):
    """Two realtors with a match, an uninvolved user and an administrator; the ids for the paths."""
    a, b, stranger = make_user(db), make_user(db), make_user(db)
    admin = make_user(db, role=Role.ADMIN)
    lead, found = make_lead(db, a), make_property(db, b)
    pair = {"lead_id": lead.id, "property_id": found.id, "kind": ActionKind.LIKE}
    act(db, a, Side.LEAD, **pair)
    match = act(db, b, Side.PROPERTY, **pair)
    notification = notify(db, a.id, NotificationType.NEW_MATCH, "test", data={})
    inquiry = create_inquiry(db, a, found)
    chat, _ = open_chat(db, a, buyer_id=a.id, seller_id=b.id, property_id=found.id)
    db.commit()
    ids = {
        "listing_id": found.id,
        "inquiry_id": inquiry.id,
        "chat_id": chat.id,
        "lead_id": lead.id,
        "property_id": found.id,
        "match_id": match.id,
        "notification_id": notification,
        "user_id": stranger.id,
        "run_id": 1,
    }
    people = {"lead_id": a, "property_id": b, "match_id": a, "notification_id": a}
    people |= {"listing_id": b, "inquiry_id": b, "chat_id": a}
    return ids, people, stranger, admin


def send(client, operation: str, ids: dict, headers: dict | None = None, json: object = None, **more):
    method, path = operation.split(" ")
    path = re.sub(r"<uuid:\w+>", "00000000-0000-7000-8000-000000000000", path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(ids.get(part[1], 1)), path)
    if path.endswith("/ws"):
        headers = {"Connection": "Upgrade", "Upgrade": "websocket"} | (headers or {})
    return client.open(path, method=method, headers=headers, json=json, **more)


def test_every_registered_operation_is_in_the_table(registered):
    assert set(registered) - set(TABLE) == set()


def test_the_table_holds_nothing_that_is_gone(registered):
    assert set(TABLE) - set(registered) == set()


@each_of("operation", TABLE)
def test_the_declared_access_is_the_tables(registered, operation):
    allowed = TABLE[operation]

    assert registered[operation] == ("user" if allowed.startswith("owner") else allowed)


def test_an_anonymous_request_is_a_401_before_anything_else_is_checked(client):
    """The body is malformed, but the answer does not reveal that to somebody who is not signed in."""
    for operation in TABLE:
        if TABLE[operation] not in ("anyone", PARTICIPANT, MONITORING):
            answer = send(client, operation, {"lead_id": 1}, json={"nonsense": 1})
            assert answer.status_code == 401, operation
            assert "errors" not in answer.json, operation
            assert answer.headers["WWW-Authenticate"], operation


def test_a_bad_token_is_no_better_than_none(client):
    for operation in operations_for("user", "owner", "admin", OPERATORS):
        for header in ("Bearer x.y.z", "Bearer ", "Basic dTpw", "Bearer " + "a" * 5000):
            answer = send(client, operation, {}, headers={"Authorization": header})
            assert answer.status_code == 401, (operation, header)


def test_a_void_token_is_a_401_before_anything_else_is_checked(client, db):
    """Neither an impossible id nor a bad query is checked first, whichever code finds that the token is void."""
    out = make_user(db)
    header = token_header(out)
    set_active(db, out.id, False)
    db.commit()
    for operation in operations_for("user", "owner", "owner or admin", "admin", OPERATORS):
        for ids, query in (({"lead_id": 2**70, "property_id": 2**70}, {}), ({}, {"nonsense": 1})):
            answer = send(client, operation, ids, headers=header, query_string=query)
            assert answer.status_code == 401, (operation, ids, answer.json)


def test_a_stranger_gets_nowhere_with_what_is_anothers(client, world):
    ids, _, stranger, _ = world
    for operation in operations_for("owner", "owner or admin"):
        answer = send(client, operation, ids, token_header(stranger), json=BODIES.get(operation))
        assert answer.status_code in (403, 404), (operation, answer.json)


def test_an_administrator_is_a_stranger_to_realtors_deals(client, world):
    ids, _, _, admin = world
    for operation in operations_for("owner"):
        answer = send(client, operation, ids, token_header(admin), json=BODIES.get(operation))
        assert answer.status_code in (403, 404), (operation, answer.json)


def test_owners_have_access(client, world):
    ids, people, _, _ = world
    for operation in operations_for("owner", "owner or admin"):
        first_id = re.search(r"<int:(\w+)>", operation)[1]
        answer = send(client, operation, ids, token_header(people[first_id]), json=BODIES.get(operation))
        assert answer.status_code in (200, 201, 409), (operation, answer.json)


@pytest.mark.parametrize("who", ["admin", OPERATORS])
def test_administration_and_operation_are_for_their_roles(client, world, db, who):
    ids, _, _, _ = world
    people = {role: make_user(db, role=role) for role in Role}
    db.commit()
    for operation in operations_for(who):
        for role, user in people.items():
            status = send(client, operation, ids, token_header(user)).status_code
            assert (status != 403) == (role in who.split(", ")), (operation, role, status)
