"""A realtor at a desktop sends a selection; the client answers on a phone; the realtor sees it without a reload."""

import io
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from sqlalchemy import select, update

from api.console.kit.formatting import phone_text
from models.core.enums import ActionKind, Side
from models.deals.actions import Action
from models.deals.match_table import Match
from models.deals.selections import SelectedHome, create_selection
from models.market.leads import Lead
from models.market.properties import Property, archive_property
from tests.console.conftest import AXE, FASTER_POLLING, enter

LIKED, DISLIKED, ASKED = 0, 1, 2


@pytest.fixture
def phone(chromium, served):
    """The page of a client without an account or scripts, 390 pixels wide, in the dark theme."""
    context = chromium.new_context(
        base_url=served,
        viewport={"width": 390, "height": 844},
        locale="ru-RU",
        color_scheme="dark",
        java_script_enabled=False,
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def sent(town, db):
    picked = [SelectedHome(found.id, "Рядом парк") for found in town.properties]
    made = create_selection(db, town.buyer, town.lead.id, picked, words="Посмотрите", days=30)
    db.commit()
    return made


def test_a_realtor_sends_a_selection_and_the_client_answers_on_a_phone(visit, phone, town, db):
    realtor = visit(town.buyer, f"/console/leads/{town.lead.id}", before=FASTER_POLLING)
    for found in town.properties:
        realtor.locator(f"#pair-{found.id}").get_by_role("checkbox").check()
    realtor.get_by_role("button", name="Make a selection").click()
    realtor.get_by_label("Your note to the client").fill("Смотрите, что нашлось")
    realtor.locator(f"#w{town.properties[LIKED].id}").fill("Тихий двор")
    realtor.get_by_role("button", name="Create the link").click()
    link = realtor.get_by_label("The link for the client").input_value()
    expect(realtor.locator(".mark").first).to_have_text("·")

    phone.goto("/s/" + link.rpartition("/s/")[2])
    expect(phone.get_by_role("heading", name="Подборка для вас")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("Смотрите, что нашлось")
    expect(phone.locator("main")).to_contain_text(phone_text(town.buyer.phone))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    def home(index: int):
        return phone.locator(f"#home-{town.properties[index].id}")

    expect(home(LIKED)).to_contain_text("Тихий двор")
    home(LIKED).get_by_role("button", name="Нравится").click()
    expect(home(LIKED).get_by_role("button", name="Нравится")).to_have_attribute("aria-pressed", "true")
    home(DISLIKED).get_by_role("button", name="Не моё").click()
    expect(home(DISLIKED).get_by_role("button", name="Не моё")).to_have_attribute("aria-pressed", "true")
    home(ASKED).get_by_text("Задать вопрос").click()
    home(ASKED).get_by_role("textbox").fill("Есть лифт?")
    home(ASKED).get_by_role("button", name="Отправить").click()
    expect(home(ASKED).get_by_role("textbox")).to_have_value("Есть лифт?")
    expect(home(ASKED).get_by_text("Вопрос отправлен.")).to_be_visible()
    expect(home(LIKED).get_by_text("Вопрос отправлен.")).to_have_count(0)

    expect(realtor.locator(".mark")).to_have_text(["✓", "✗", "?"])  # without a reload
    expect(realtor.locator(".answered")).to_contain_text("Есть лифт?")
    expect(realtor.get_by_role("button", name="Copy")).to_be_visible()  # after the page has replaced its parts
    expect(realtor.locator("#unread")).to_be_hidden()  # the open page shows the news
    home_link = realtor.locator(".answered a").nth(ASKED)
    expect(home_link).to_have_attribute("href", f"/console/homes/{town.properties[ASKED].id}")
    assert db.scalars(select(Match)).all() == []
    realtor.get_by_role("button", name="Like").click()
    expect(realtor.get_by_text("you like it")).to_be_visible()
    assert db.scalar(select(Match.property_id)) == town.properties[LIKED].id
    realtor.goto(f"/console/leads/{town.lead.id}")
    expect(realtor.locator("article.pair")).to_have_count(1)  # one is liked, one dismissed

    home(DISLIKED).get_by_role("button", name="Не моё").click()  # the client reconsiders
    expect(realtor.locator("article.pair")).to_have_count(2)
    realtor.goto(f"/console/leads/{town.lead.id}/selections")
    realtor.get_by_role("button", name="Withdraw").click()
    expect(realtor.get_by_text("its link no longer works")).to_be_visible()
    assert phone.reload().status == 404


def test_the_clients_page_reveals_neither_the_client_nor_the_sellers(client, sent, town, db):
    home = db.get(Property, town.properties[0].id)
    home.description, home.title = "Звоните +79990001122", "Собственник Иван"
    home.street, home.house_number, home.attributes = "Новый Арбат", "7к2", {"url": "https://example.com/advert"}
    archive_property(db, db.get(Property, town.properties[2].id))
    db.commit()

    answer = client.get(f"/s/{sent.token}", headers={"Accept-Language": "ru"})

    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert "Новый Арбат" in answer.text
    assert "Рядом парк" in answer.text
    for secret in ("7к2", "99900", "Собственник", "example.com/advert", town.seller.name, town.seller.phone, "<script"):
        assert secret not in answer.text
    assert answer.text.count("уже не предлагается") == 1
    assert client.get(f"/s/{sent.token}x").status_code == 404


def test_an_invalid_answer_is_refused_and_changes_nothing(client, sent, town, db):
    path = f"/s/{sent.token}/homes/{town.properties[0].id}"

    assert client.post(path, data={"answer": "MAYBE"}).status_code == 400
    assert client.post(path, data={"question": "я" * 501}).status_code == 400
    assert client.post(f"/s/{sent.token}/homes/999999", data={"answer": "LIKE"}).status_code == 404
    assert client.post(f"/s/{sent.token}x/homes/1", data={"answer": "LIKE"}).status_code == 404
    db.refresh(sent)
    assert sent.answers_taken == 0


def test_a_selection_is_its_realtors_alone(client, sent, town):
    token = enter(client, town.seller)
    base = f"/console/leads/{town.lead.id}/selections"

    assert client.get(base).status_code == 404
    assert client.get(f"{base}/new?home={town.properties[0].id}").status_code == 404
    withdrawn = client.post(f"{base}/{sent.id}/withdraw", data={"csrf": token})
    assert withdrawn.status_code == 404
    assert client.get(f"/s/{sent.token}").status_code == 200


def test_the_clients_page_is_whole_for_everybody(visit, sent):
    """axe-core finds no fault in both themes; nothing is wider than a phone."""
    page = visit(None, viewport={"width": 390, "height": 844}, bypass_csp=True)
    page.goto(f"/s/{sent.token}")
    page.add_script_tag(path=str(AXE))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(
            "axe.run().then((result) => result.violations.map((each) => [each.id, each.nodes[0].html]))"
        )
        assert found == [], scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, scheme


def test_the_client_disliking_is_the_leads_own_action(client, sent, town, db):
    client.post(f"/s/{sent.token}/homes/{town.properties[0].id}", data={"answer": "DISLIKE"})

    action = db.scalars(select(Action).where(Action.property_id == town.properties[0].id)).one()
    assert (action.side, action.kind, action.list_place) == (Side.LEAD, ActionKind.DISLIKE, action.list_place)
    assert action.list_place is not None  # so that the ranking can learn from it


def test_selected_homes_are_compared_side_by_side_criterion_by_criterion(client, town, db):
    first, second, _ = (db.get(Property, each.id) for each in town.properties)
    second.price, second.rooms = 14_000_000, 4
    db.commit()
    enter(client, town.buyer)
    base = f"/console/leads/{town.lead.id}/compare"

    page = client.get(f"{base}?ids={first.id}&home={second.id}", headers={"Accept-Language": "en"}).text

    rooms = re.search(r'<th scope="row">Rooms.*?</tr>', page, re.S)[0]
    assert re.findall(r"verdict small (\w+)", rooms) == ["good", "poor"]
    assert client.get(f"{base}?ids=x,{2**70}").status_code == 200
    assert client.get(f"/console/leads/{town.lead.id + 1}/compare?ids={first.id}").status_code == 404


#: The words that are wider than their cell, which would be broken.
BROKEN = """(table) => [...table.querySelectorAll("tbody th, thead .small")].flatMap((cell) => {
  const pen = document.createElement("canvas").getContext("2d");
  const { fontWeight, fontSize, fontFamily } = getComputedStyle(cell);
  pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
  const column = getComputedStyle(cell.closest("th"));
  const room = cell.closest("th").clientWidth - parseFloat(column.paddingLeft) - parseFloat(column.paddingRight);
  return cell.innerText.split(/\\s+/).filter((word) => pen.measureText(word).width > room);
})"""


def test_a_comparison_on_a_phone_breaks_no_word(visit, town, db):
    db.get(Lead, town.lead.id).additional_requirements = "евродвушка, не последний этаж"
    for each in town.properties:
        db.get(Property, each.id).district = "Академический"
    db.commit()
    page = visit(town.buyer, f"/console/leads/{town.lead.id}/edit")
    page.get_by_role("button", name="RU").click()
    page.get_by_role("button", name="Сохранить").click()  # so that the wishes are read
    expect(page.get_by_role("heading", name="Объекты, лучшие сверху")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    homes = "&".join(f"home={each.id}" for each in town.properties[:2])
    page.goto(f"/console/leads/{town.lead.id}/compare?{homes}")

    table = page.locator(".compared table")
    expect(table).to_contain_text("европланировка")
    expect(table).to_contain_text("Академический")
    assert table.evaluate(BROKEN) == []


def test_the_file_of_a_selection_shows_what_the_page_shows_and_embeds_its_letters(client, sent, town, db):
    home = db.get(Property, town.properties[0].id)
    home.description, home.title, home.street, home.house_number = "Звоните +79990001122", "Иван", "Новый Арбат", "7к2"
    archive_property(db, db.get(Property, town.properties[2].id))
    sent.words = "Қарап көріңіз — 😀"
    db.commit()

    answer = client.get(f"/s/{sent.token}/pdf", headers={"Accept-Language": "ru"})

    assert (answer.mimetype, "Set-Cookie" in answer.headers) == ("application/pdf", False)
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages).split())
    for shown in (
        "Подборка для вас",
        phone_text(town.buyer.phone),
        "Новый Арбат",
        "Рядом парк",
        "Қарап көріңіз",
        sent.token,
    ):
        assert shown in text
    for secret in ("7к2", "99900", "Иван", town.seller.name, town.seller.phone):
        assert secret not in text
    assert text.count("уже не предлагается") == 1
    assert b"/FontFile2" in answer.data and client.get(f"/s/{sent.token}x/pdf").status_code == 404


@pytest.mark.parametrize(
    ("contacts", "addresses"),
    [
        ("8 916 123-45-67", ("https://wa.me/79161234567?text=", "https://t.me/+79161234567?text=")),
        ("8 916 123-45-67, @anna_k", ("https://wa.me/79161234567?text=", "https://t.me/anna_k?text=")),
        ("anna@leadmatch.example", ("https://wa.me/?text=", "https://t.me/share/url?url=")),
    ],
)
def test_the_link_is_sent_in_the_clients_own_chat_where_it_is_known(client, sent, town, db, contacts, addresses):
    db.execute(update(Lead).where(Lead.id == town.lead.id).values(client_contacts=contacts))
    db.commit()
    enter(client, town.buyer)

    page = client.get(f"/console/leads/{town.lead.id}/selections").text

    link = quote(re.search(r'id="link\d+" value="([^"]+)"', page)[1])
    for address in addresses:
        assert f'href="{address}{link}"' in page
