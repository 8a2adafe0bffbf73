"""Photos in the form of a new property: several, in the chosen order, kept when the form is refused."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select, update

from models.accounts.uploads import UNSAVED_PHOTO, Upload, bytes_of
from models.market.photos import MAX_PHOTOS, UNSAVED_KEPT, delete_unsaved_photos
from models.market.properties import Property
from tests.api.pictures import photo, saved
from tests.console.conftest import enter

FILLED = {"deal_type": "SALE", "address.city": "Москва", "details.price": "9 млн", "details.property_type": "APARTMENT"}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three pictures, distinguishable by size, and a file that is not a picture."""
    paths = []
    for number, name in enumerate(("one.jpg", "two.jpg", "three.jpg"), start=1):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(saved(photo(size=(40 * number, 30)), "JPEG"))
    paths.append(tmp_path / "notes.txt")
    paths[-1].write_text("not a picture")
    return paths


def newest(db) -> Property:
    return db.scalars(select(Property).order_by(Property.id.desc()).limit(1)).one()


def test_photos_are_chosen_ordered_and_kept_when_the_form_is_refused(visit, town, db, files):
    page = visit(town.seller, "/console/properties/new")
    page.fill("[name='details.price']", "9 млн")
    page.set_input_files("#new-photos", files[:2])
    expect(page.locator(".photo-order li")).to_have_count(2)
    page.set_input_files("#new-photos", files[2])
    expect(page.locator(".photo-order canvas")).to_have_count(3)
    page.get_by_role("button", name="Move photo 3 forward").click()
    page.get_by_role("button", name="Remove photo 1").click()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("you need not choose the photos again")).to_be_visible()
    expect(page.locator(".photo-order img")).to_have_count(2)
    page.fill("[name='address.city']", "Москва")
    page.set_input_files("#new-photos", files[0])
    page.get_by_role("button", name="Move photo 3 forward").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    widths = [page.evaluate(WIDTH, link) for link in newest(db).photos]
    assert widths == [120, 40, 80]


#: The width of the picture at an address.
WIDTH = """async (link) => (await createImageBitmap(await (await fetch(link)).blob())).width"""


def test_a_file_that_is_not_a_picture_is_reported_by_its_name_and_the_others_are_kept(app, town, db, files):
    seller = app.test_client()
    csrf = enter(seller, town.seller)
    before = newest(db).id

    def send(**more):
        return seller.post("/console/properties/new", data={"csrf": csrf, **FILLED, **more})

    sent = [(io.BytesIO(path.read_bytes()), path.name) for path in (files[3], files[0])]
    refused = send(new_photos=sent)
    links = refused.text.split('name="photos"')[1].split("</textarea>")[0].split(">")[1].split()

    assert refused.status_code == 400 and "notes.txt" in refused.text
    assert newest(db).id == before
    assert len(links) == 1 and seller.get(links[0]).status_code == 200
    assert send(photos="\n".join(links)).status_code == 303
    db.expire_all()
    assert newest(db).photos == links


def test_no_more_photos_than_a_property_may_have(app, town, db, files):
    seller = app.test_client()
    csrf = enter(seller, town.seller)
    addresses = "\n".join(f"https://example.com/{number}.jpg" for number in range(MAX_PHOTOS))
    data = {"csrf": csrf, **FILLED, "photos": addresses, "new_photos": (io.BytesIO(files[0].read_bytes()), "one.jpg")}

    answer = seller.post("/console/properties/new", data=data)

    assert answer.status_code == 400 and "one.jpg" in answer.text
    assert db.scalar(select(func.count()).select_from(Upload)) == 0


def test_photos_of_a_form_that_was_never_saved_leave_their_users_quota(app, town, db, files):
    seller = app.test_client()
    csrf = enter(seller, town.seller)

    def send(*names, **more):
        sent = [(io.BytesIO(path.read_bytes()), path.name) for path in files if path.name in names]
        return seller.post("/console/properties/new", data={"csrf": csrf, **FILLED, "new_photos": sent, **more})

    assert send("one.jpg", "notes.txt").status_code == 400  # and never again
    assert send("two.jpg").status_code == 303
    assert send("three.jpg", "notes.txt").status_code == 400
    pasted = db.scalars(select(Upload).where(Upload.purpose == UNSAVED_PHOTO).order_by(Upload.id)).all()[1]
    shown = db.get(Property, town.properties[0].id)
    shown.photos = [f"/media/{pasted.name}"]  # the address was put into another form
    kept = [newest(db).photos[0].removeprefix("/media/"), pasted.name]
    db.commit()

    assert delete_unsaved_photos(db) == 0  # a draft may still be open
    db.execute(update(Upload).values(created_at=Upload.created_at - UNSAVED_KEPT))
    before = bytes_of(db, town.seller)
    assert delete_unsaved_photos(db) == 1
    assert list(db.scalars(select(Upload.name).order_by(Upload.id))) == kept
    assert 0 < bytes_of(db, town.seller) < before


def test_photos_are_dropped_onto_the_field_which_says_how_many_there_are(visit, town, files):
    page = visit(town.seller, "/console/properties/new")
    pick, previews = page.locator(".new-photos .pick"), page.locator(".photo-order canvas")
    drag(page, files[:2], pick, "dragEnter", "dragOver")
    expect(pick).to_have_class(re.compile("over"))
    drag(page, files[:2], pick, "drop")
    expect(previews).to_have_count(2)
    expect(pick).not_to_have_class(re.compile("over"))
    drag(page, files[2:3], pick, *DROP)
    expect(previews).to_have_count(3)
    expect(pick).to_contain_text("3 files")
    drag(page, files[:1], page.get_by_role("heading", level=1), *DROP)
    expect(previews).to_have_count(3)
    expect(page).to_have_url(re.compile("/properties/new$"))  # the browser has not opened the file
    page.get_by_role("button", name="Remove photo 1").click()
    expect(pick).to_contain_text("2 files")


DROP = ("dragEnter", "dragOver", "drop")


def drag(page: Page, paths: list[Path], target: Locator, *events: str) -> None:
    """Let Chromium drag files over the middle of *target*, with these events of its own."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    browser = page.context.new_cdp_session(page)
    for kind in events:
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        browser.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
