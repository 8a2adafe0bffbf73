"""A list that refreshes itself leaves alone what its reader has open, marked, sized or half typed."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from models.market.properties import Property
from tests.console.conftest import FASTER_POLLING
from tests.factories import make_property

#: A list asks again after 0.3 seconds; the rounds of polling are counted, requests for a part of the page are held back
#: while ``window.gate`` is closed, and ``window.field`` is typed into while a part is on its way.
TYPING_MEANWHILE = """
const later = setTimeout, ask = fetch;
window.rounds = 0;
window.setTimeout = (call, ms, ...more) => {
  if (call.name === "poll") window.rounds += 1;
  return later(call, Math.min(ms, 300), ...more);
};
window.fetch = async (address, ...more) => {
  if (String(address).includes("part=1")) await window.gate;
  const answer = await ask(address, ...more);
  if (window.field && String(address).includes("part=1")) {
    window.field.value = "typed meanwhile";
    window.typedIn = window.rounds;
  }
  return answer;
};
"""

#: A list before and after a refresh, and what its reader has done in between. The first row moves behind the second,
#: the third one goes, and so does the note at the top.
REFRESHED = """async () => {
  const script = [...document.scripts].find((each) => each.src.endsWith("console.js")).src;
  const { patch } = await import(script.replace("console.js", "patch.js"));
  const { isBeingFilled } = await import(script);
  const choice = document.createElement("form");
  choice.innerHTML = "<select><option>one<option selected>two</select>";
  const blocked = ["two", "one", "two"].map((value) => {
    choice.querySelector("select").value = value;
    return isBeingFilled(choice);
  });
  const row = (id, more) => `<li id="${id}"><input value=""><select><option>one<option>two</select>${more}</li>`;
  const old = document.createElement("div");
  const note = "<p class='note'>This list is old.</p> ";
  const fold = "<details class='fold'><summary>More</summary></details>";
  old.innerHTML = `${note}${fold}<ul>${row("a", "<textarea></textarea>")} ${row("b", "")} ${row("c", "")}</ul>`;
  document.body.append(old);
  const [a, b, c] = old.querySelectorAll("li");
  old.querySelector("details").open = true;
  a.querySelector("textarea").style.height = "300px";
  a.querySelector("input").value = "half";
  b.querySelector("select").value = "two";
  const fresh = document.createElement("template");
  fresh.innerHTML = `${fold}<ul>${row("b", "<b>new</b>")} ${row("a", "<textarea></textarea>")}</ul>`;
  patch(old, fresh.content);
  const after = [...old.querySelectorAll("li")];
  return {
    order: after.map((each) => each.id).join(" "),
    areTheSame: after[0] === b && after[1] === a && !c.isConnected,
    isOpen: old.querySelector("details").open,
    height: a.querySelector("textarea").style.height,
    typed: a.querySelector("input").value,
    chosen: b.querySelector("select").value,
    added: b.querySelector("b")?.textContent,
    notes: old.querySelectorAll(".note").length,
    blocked,
  };
}"""


@pytest.fixture
def listed(visit, town):
    """The seller's own properties, the cheapest first, with the second one's form open and marked."""
    page = visit(town.seller, "/console/properties?sort=price", before=FASTER_POLLING)
    row = page.locator(f"#row-{town.properties[1].id}")
    row.locator("summary").click()
    row.evaluate("row => { row.isMarked = true; }")
    return page, row


def is_open_and_same(row) -> bool:
    expect(row.get_by_label("Tags")).to_be_visible()
    return row.evaluate("row => row.isMarked === true")


def test_a_form_stays_open_when_its_row_or_another_changes(listed, town, db):
    page, row = listed
    db.execute(update(Property).values(area=77))
    db.commit()

    expect(page.locator(".rows > li", has_text="77\u00a0m²")).to_have_count(3)
    assert is_open_and_same(row)


def test_a_form_stays_open_when_rows_come_and_go_around_it(listed, town, db):
    page, row = listed
    make_property(db, town.seller, area=99)
    db.delete(db.get(Property, town.properties[0].id))
    db.commit()

    expect(page.locator(".rows > li", has_text="99\u00a0m²")).to_have_count(1)
    expect(page.locator(f"#row-{town.properties[0].id}")).to_have_count(0)
    assert is_open_and_same(row)


def test_a_form_stays_open_when_rows_change_places(listed, town, db):
    page, row = listed
    cheaper = page.locator(".rows > li").first.get_attribute("id")
    dearest = update(Property).where(Property.id == int(cheaper.removeprefix("row-")))
    db.execute(dearest.values(price=Property.price + 1))
    db.commit()

    expect(page.locator(".rows > li").last).to_have_id(cheaper)
    expect(page.locator(".rows > li")).to_have_count(3)
    assert is_open_and_same(row)


def test_a_refresh_keeps_what_the_reader_has_made_of_rows_folds_and_fields(visit, town):
    page = visit(town.seller)

    assert page.evaluate(REFRESHED) == {
        "order": "b a",
        "areTheSame": True,
        "isOpen": True,
        "height": "300px",
        "typed": "half",
        "chosen": "two",
        "added": "new",
        "notes": 0,
        "blocked": [False, True, False],  # another choice than the page came with holds a refresh back
    }


def test_a_list_is_refreshed_again_once_a_row_is_saved_and_the_row_in_focus_keeps_the_focus(listed, town, db):
    """The amount is typed otherwise than the page prints it, and still counts as saved."""
    page, row = listed
    row.get_by_label("Price").fill("11 m")
    row.get_by_role("button", name="Save").click()
    expect(page.locator(".rows > li").first).to_have_id(f"row-{town.properties[1].id}")
    row.locator("summary").focus()
    db.execute(update(Property).where(Property.id == town.properties[1].id).values(price=90_000_000))
    db.commit()

    expect(page.locator(".rows > li").last).to_have_id(f"row-{town.properties[1].id}")
    expect(row.locator("summary")).to_be_focused()


def test_a_row_that_is_typed_in_while_its_list_is_on_its_way_stays(visit, town, db):
    page = visit(town.seller, "/console/properties?sort=price", before=TYPING_MEANWHILE, bypass_csp=True)
    row = page.locator(f"#row-{town.properties[1].id}")
    row.locator("summary").click()
    # No part without the row comes before the field is known.
    page.evaluate("() => { window.gate = new Promise((open) => { window.open_gate = open; }); }")
    db.delete(db.get(Property, town.properties[1].id))
    db.commit()
    row.get_by_label("Tags").evaluate("field => { window.field = field; window.open_gate(); }")

    page.wait_for_function("window.rounds > window.typedIn")
    expect(row.get_by_label("Tags")).to_have_value("typed meanwhile")
