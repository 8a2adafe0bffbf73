"""The agency's tutorial, done in a browser step by step, with the labels in the tutorial's order."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from api.console.kit.formatting import phone_text
from api.http.services import services_of
from models.accounts.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from models.accounts.passwords import hash_password
from models.accounts.users import User
from models.core.enums import ActionKind, DealType, Role, Side
from models.deals.matches import act
from models.market.leads import Lead
from tests.conftest import ROOT
from tests.console.conftest import FASTER_POLLING
from worker.lists import rescore

TUTORIAL = (ROOT / "docs" / "tutorials" / "agency.md").read_text()


class Labels:
    """The tutorial's words in bold, one after another."""

    def __init__(self) -> None:
        self.left = re.findall(r"\*\*([^*]+)\*\*", TUTORIAL)

    def __call__(self, label: str) -> str:
        """The next of them, which is *label*."""
        assert self.left and self.left.pop(0) == label, "the tutorial and its test have come apart"
        return label


@pytest.fixture
def realtor(town, db, app) -> User:
    """The town's buyer as the realtor of the demo, on a local system."""
    object.__setattr__(services_of(app).settings, "environment", "local")
    user = db.get(User, town.buyer.id)
    user.email = next(email for email, role in DEMO_LOGINS if role is Role.REALTOR)
    user.password_hash = hash_password(DEMO_PASSWORD)
    db.commit()
    return user


@pytest.fixture
def lists(new_worker_session):
    """A function that does a worker's work after a change."""
    with new_worker_session() as session:

        def make() -> None:
            rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
            session.commit()

        yield make


def test_the_agencys_tutorial_step_by_step(visit, town, realtor, lists, db, tmp_path):
    label = Labels()
    page = visit(None, before=FASTER_POLLING)
    page.goto("/")
    page.get_by_role("link", name="Sign in").first.click()
    expect(page.get_by_role("heading", name=label("Try the demo"))).to_be_visible()
    page.get_by_role("button", name=realtor.email).click()

    # Turn a message into a lead
    page.get_by_role("navigation").get_by_role("link", name=label("Leads")).first.click()
    page.get_by_role("link", name=label("From a message")).click()
    [message] = re.findall("«(.+?)»", TUTORIAL, re.S)
    page.get_by_role("textbox").fill(" ".join(message.split()))
    page.get_by_role("button", name=label("Read the text")).click()
    expect(page.get_by_label("City")).to_have_value("Москва")
    expect(page.get_by_text("Read: «").first).to_be_visible()
    page.get_by_role("button", name=label("Save"), exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    lead = db.scalars(select(Lead).where(Lead.owner_id == realtor.id).order_by(Lead.id.desc())).first()
    lists()
    pairs = page.locator("article.pair")
    page.goto("/console/leads")
    expect(page.get_by_role("link", name=label("New lead")).first).to_be_visible()
    expect(page.get_by_role("link", name=label("From a file")).first).to_be_visible()

    # Look at what suits
    page.goto(f"/console/leads/{lead.id}")
    expect(page.get_by_role("heading", name=label("Properties, best first"))).to_be_visible()
    expect(pairs).to_have_count(3)
    expect(pairs.first.get_by_role("heading", name=label("Why this score"))).to_be_visible()
    expect(pairs.first).to_contain_text("wanted up to 15 m")
    pairs.last.get_by_role("button", name=label("Not for me")).click()
    expect(page.locator(".toast")).to_be_visible()  # the card leaves before the server has answered
    expect(pairs).to_have_count(2)
    first = pairs.first.get_attribute("id").removeprefix("pair-")
    pairs.first.get_by_role("button", name=label("Like")).click()
    expect(pairs).to_have_count(1)
    expect(page.get_by_text("Liked.")).to_be_visible()
    act(db, db.get(User, town.seller.id), Side.PROPERTY, lead_id=lead.id, property_id=int(first), kind=ActionKind.LIKE)
    db.commit()
    page.get_by_role("navigation").get_by_role("link", name=label("Matches")).first.click()
    expect(page.locator("article.card .contacts")).to_contain_text(phone_text(town.seller.phone))

    # Send the client a choice
    page.goto(f"/console/leads/{lead.id}")
    page.get_by_role("checkbox", name=label("Add to the selection")).check()
    page.get_by_role("button", name=label("Make a selection")).click()
    page.get_by_role("button", name=label("Create the link")).click()
    link = page.get_by_label("The link for the client").input_value()
    client = visit(None)
    client.goto("/s/" + link.rpartition("/s/")[2])
    main = client.locator("main")
    expect(main).not_to_contain_text(town.seller.name)
    client.get_by_role("button", name="I like it").click()
    expect(client.get_by_role("button", name="I like it")).to_have_attribute("aria-pressed", "true")
    page.goto(f"/console/leads/{lead.id}")
    page.get_by_role("link", name=label("Selections")).click()
    expect(page.locator("main")).to_contain_text("1")

    # Bring in your homes
    page.get_by_role("navigation").get_by_role("link", name=label("Properties")).first.click()
    expect(page.get_by_role("link", name=label("From a text"))).to_be_visible()
    page.get_by_role("link", name=label("From a file or feed")).click()
    (tmp_path / "homes.csv").write_text("Город;Цена\nМосква;12 млн\n")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "homes.csv")
    page.get_by_role("button", name=label("Preview the file")).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert label.left == []
