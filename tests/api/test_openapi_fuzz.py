"""
Schemathesis tests a real web server against the whole OpenAPI document, with all of its checks: no 5xx, no undocumented
answer, no invalid data accepted, no valid data refused, no operation open without credentials.

An allowed user calls each operation (tests/api/fuzz_hooks.py), with ids of rows that exist and with others.
FUZZ_EXAMPLES is the number of random cases for each operation; with FUZZ_AS=tenant (or another role, or anonymous) that
role calls all operations. `make fuzz` does both at length.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from sqlalchemy.orm import Session

from models.accounts.api_keys import create_api_key
from models.accounts.notifications import NotificationType, notify
from models.core.enums import ActionKind, Origin, Role, Side
from models.deals.chats import open_chat
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.niches import create_niche
from models.leadgen.prospects import add_prospect
from models.market.leads import create_lead
from tests.factories import SECRET, make_lead, make_property, make_user
from tests.waiting import WAIT_LIMIT_SECONDS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
#: Random cases for each operation.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
AT_LENGTH = EXAMPLES >= 10
#: The long form also sends cases derived from each schema's bounds: about 6,000, in one or two minutes.
PHASES = "examples,coverage,fuzzing,stateful" if AT_LENGTH else "fuzzing,stateful"
#: The short form always sends the same cases. It reuses no values from answers, which differ: secrets, ports, times.
ALIKE = """
[phases.fuzzing.extra-data-sources]
responses = false
"""
#: More of schemathesis' options, e.g. FUZZ_OPTIONS="--include-path /leads".
MORE = shlex.split(os.environ.get("FUZZ_OPTIONS", ""))
#: One key may call a thousand times an hour.
CALLS_A_KEY = 900
SEED = os.environ.get("FUZZ_SEED", "1")


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def world(db) -> dict:
    """A user of every role, and a row for every id in a path; the realtor owns it or may act on it."""
    people = {role.value: make_user(db, role=role) for role in Role}
    realtor, tenant, other = people[Role.REALTOR], people[Role.TENANT], make_user(db)
    lead, found = make_lead(db, realtor), make_property(db, realtor)
    others_lead, others_property = make_lead(db, other), make_property(db, other)
    pair = {"lead_id": lead.id, "property_id": others_property.id, "kind": ActionKind.LIKE}
    act(db, realtor, Side.LEAD, **pair)
    match = act(db, other, Side.PROPERTY, **pair)
    notification = notify(db, realtor.id, NotificationType.NEW_MATCH, "fuzz", data={})
    inquiry = create_inquiry(db, tenant, found)
    chat, _ = open_chat(db, realtor, buyer_id=realtor.id, seller_id=other.id, property_id=others_property.id)
    criteria = {"city": "Москва", "deal_type": "SALE", "property_type": "APARTMENT", "attributes": ASKED}
    request = create_lead(db, tenant, Origin.PORTAL, criteria)
    niche = create_niche(db, {"name": "n", "category": "c"})
    campaign = create_campaign(db, {"niche_id": niche.id, "name": "c", "platform": Platform.OLX, "budget": 1})
    ad = create_ad(db, campaign, {"title": "t"}, None, None)
    prospect = add_prospect(db, {"name": "p", "source": Platform.OLX, "ad_id": ad.id}).prospect
    keys = [create_api_key(db, f"fuzz {number}")[1] for number in range(8 + EXAMPLES * 100 // CALLS_A_KEY)]
    expendable = make_user(db)
    leaving = {role.value: [make_user(db, role=role) for _ in range(8 * EXAMPLES)] for role in Role}
    db.commit()
    action = "/{}/{{{}_id}}/{}-recommendations/{{{}_id}}/action"
    return {
        "secret": SECRET,
        "bot": "the bot's secret",
        "keys": keys,
        "people": {name: [user.id, user.token_version] for name, user in people.items()},
        "leaving": {name: [[user.id, user.token_version] for user in users] for name, users in leaving.items()},
        "spared": [user.id for user in people.values()],
        "expendable": expendable.id,
        "own": {
            "lead_id": lead.id,
            "property_id": found.id,
            "listing_id": found.id,
            "match_id": match.id,
            "notification_id": notification,
            "inquiry_id": inquiry.id,
            "chat_id": chat.id,
            "request_id": request.id,
            "niche_id": str(niche.id),
            "campaign_id": str(campaign.id),
            "ad_id": str(ad.id),
            "user_id": expendable.id,
        },
        "elsewhere": {
            action.format("leads", "lead", "property", "property"): {"property_id": others_property.id},
            action.format("properties", "property", "lead", "lead"): {"lead_id": others_lead.id},
            **{path: {"lead_id": str(prospect.id)} for path in PROSPECTS},
        },
    }


#: The fields of a request on the portal.
ASKED = {"city": "Москва", "deal_format": "купить", "type": "квартира"}
#: Lead generation calls its contacts leads too.
PROSPECTS = [f"/api/leads/{{lead_id}}{rest}" for rest in ("", "/status", "/messages", "/convert")]


@pytest.fixture
def web(start_web) -> str:
    """The URL of a web server that trusts one proxy, so that each call can come from another address."""
    bot = {"TELEGRAM_BOT_TOKEN": "42:TEST", "TELEGRAM_BOT_SECRET": "the bot's secret"}
    return start_web(TRUSTED_PROXIES="1", SMS_PER_HOUR="10000000", LOG_LEVEL="ERROR", **bot).url


@pytest.mark.timeout(3600 if AT_LENGTH else 900)
def test_every_operation_agrees_with_the_document(web, world, tmp_path):
    report, config = tmp_path / "report.json", tmp_path / "schemathesis.toml"
    config.write_text((HERE / "schemathesis.toml").read_text() + ("" if AT_LENGTH else ALIKE))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{web}/openapi.json", "--phases", PHASES, "--max-examples", str(EXAMPLES), "--seed", SEED]
    command += [
        "--workers",
        "1",
        "--no-shrink",
        "--continue-on-failure",
        "--no-color",
        "--report-json-path",
        str(report),
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.api.fuzz_hooks", "FUZZ_WORLD": json.dumps(world)}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}

    # In an empty folder: it stores failures there and would send them again, so that no two runs were the same.
    ended = subprocess.run(command + MORE, cwd=tmp_path, env=environment, capture_output=True, text=True)

    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert requests.get(f"{web}/health/ready", timeout=WAIT_LIMIT_SECONDS).status_code == 200
    reported = json.loads(report.read_text())
    assert reported, "the report is empty"
