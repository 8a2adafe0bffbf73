"""An empty or incomplete form is refused, or changes only the fields that it contains."""

import re

import lxml.html
import pytest

from models.agenda.tasks import TaskKind, create_task
from models.core.base import database_now
from models.webhooks.endpoints import add_endpoint
from models.webhooks.tables import EventType
from tests.console.conftest import csrf_of, enter
from tests.console.test_any_form import posts, rows  # noqa: F401 - a fixture
from tests.console.test_verbless_forms import contents

#: Forms of a single button, whose address contains everything; they are complete even if empty.
BUTTONS = re.compile(
    r"""/console/(
    account/(data/export|sessions/\d+) | engine/runs/\d+/(cancel|retry) | imports/\d+/confirm
    | leads/\d+/(archive|restore) | listings/\d+/(chat|inquire) | look | matches/\d+/(complete|object)
    | notices.* | notifications/(\d+/)?read | properties/\d+/(archive|restore) | requests/\d+/(close|reopen)
    | samples(/remove)? | sign-in | sign-up(/phone)? | sources/\d+/(delete|run) | team/.+ | understand
    | webhooks/\d+/(delete|replay|secret|test)
    )""",
    re.VERBOSE,
)


@pytest.mark.parametrize("who", ["admin", "seller", "tenant"])
def test_an_empty_form_is_refused_where_its_page_has_fields(app, client, town, rows, db, who):  # noqa: F811
    enter(client, getattr(town, who))
    csrf = csrf_of(client.get("/console/account").text)
    before, seen = contents(db), 0
    for path in posts(app, rows[who]):
        if not BUTTONS.fullmatch(path):
            status = client.post(path, data={"csrf": csrf}).status_code
            seen += status == 400
            assert status in (400, 403, 404), (path, status)
    assert seen >= 10
    assert contents(db) == before


@pytest.fixture
def more_rows(town, rows, db) -> dict[str, int]:  # noqa: F811
    lead = rows["seller"]["lead_id"]
    task = {
        "kind": TaskKind.SHOWING,
        "title": "Показ",
        "notes": "в 5",
        "due_at": database_now(db),
        "remind_minutes": 60,
    }
    hook = {"url": "https://hooks.example/x", "name": "CRM", "types": [EventType.MATCH_CREATED], "min_score": 70}
    made = {
        "task": create_task(db, town.seller, lead, task).id,
        "webhook": add_endpoint(db, town.seller, hook).id,
    }
    db.commit()
    return (
        made
        | {"lead": lead, "property": rows["seller"]["property_id"], "source": rows["seller"]["source_id"]}
        | {name: rows["admin"][f"{name}_id"] for name in ("niche", "campaign", "ad")}
    )


REQUEST = {
    "deal_format": "SALE", "type": "APARTMENT", "city": "Москва", "district": "Арбат", "total_rooms": "2-3",
    "condition": "GOOD", "budget_min": "5000000", "budget_max": "9000000", "total_area_min": "40",
    "total_area_max": "70", "wishes": "тихий двор",
}  # fmt: skip
PREFERENCE = {
    "deal_type": "rent", "city": "Москва", "property_type": "flat", "price_min": "30000", "price_max": "60000",
    "rooms": ["1", "2"], "area_min": "30", "area_max": "50", "districts": "Арбат, Хамовники", "words": "с котом",
}  # fmt: skip
PAGES = [
    ("seller", "/console/account"),
    ("seller", "/console/account/notifications"),
    ("seller", "/console/leads/{lead}/edit"),
    ("seller", "/console/properties/{property}/edit"),
    ("seller", "/console/leads"),
    ("seller", "/console/properties"),
    ("seller", "/console/tasks/{task}"),
    ("seller", "/console/sources/{source}"),
    ("seller", "/console/webhooks/{webhook}"),
    ("tenant", "/console/preferences"),
    ("tenant", "/console/requests/{request}/edit"),
    ("admin", "/console/leadgen/{niche}/edit"),
    ("admin", "/console/leadgen/campaigns/{campaign}/edit"),
    ("admin", "/console/leadgen/ads/{ad}/edit"),
]
#: Hidden fields of a page's forms; and forms that create a row or search.
CARRIED = {"csrf", "was", "version", "next"}
OTHERS = re.compile(
    r".*/(look|sign-out|views|several|password|claims|file|understand|telegram|team.*|calendar|samples)"
)


def forms_of(client, page: str) -> dict[str, list[tuple[str, str]]]:
    """The fields of a page's forms that change a row, as a browser would send them, by the form's address."""
    answer = client.get(page)
    assert answer.status_code == 200, page
    found = {}
    for form in lxml.html.fromstring(answer.text).forms:
        action = form.get("action") or page
        if form.method == "POST" and not OTHERS.fullmatch(action):
            found[action] = list(form.form_values())
    return found


@pytest.mark.parametrize("who", ["seller", "tenant", "admin"])
def test_a_part_of_a_form_as_it_was_shown_changes_nothing(client, town, more_rows, who):
    enter(client, getattr(town, who))
    csrf = csrf_of(client.get("/console/account").text)
    if who == "tenant":
        made = client.post("/console/requests/new", data=REQUEST | {"csrf": csrf})
        more_rows["request"] = int(re.search(r"\d+", made.location)[0])
        assert client.post("/console/preferences", data=PREFERENCE | {"csrf": csrf}).status_code == 303
    wrong, seen = [], 0
    for page in (page.format(**more_rows) for role, page in PAGES if role == who):
        before = forms_of(client, page)
        for action, given in before.items():
            shown = [(name, value) for name, value in given if name not in CARRIED]
            for name in sorted({name for name, _ in shown}) if len(shown) > 1 else ():
                part = {"csrf": csrf, name: [value for each, value in shown if each == name]}
                answer = client.post(action, data=part)
                after, seen = forms_of(client, page), seen + 1
                lost = [field for field in shown if field not in after.get(action, [])]
                if lost or answer.status_code >= 500:
                    wrong.append((action, name, answer.status_code, lost))
                    break
    assert wrong == []
    assert seen > 15
