"""A person's own page from its first field to its last button."""

from playwright.sync_api import expect
from sqlalchemy import select

from models.accounts.sessions import AccountSession
from models.accounts.users import User
from tests.api.pictures import photo, saved
from tests.console.conftest import PASSWORD

NEW_PASSWORD = "another horse battery"


def sign_in(page, email, password):
    page.goto("/console/sign-in")
    page.fill("#username", email)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def test_a_person_changes_the_profile_ends_a_session_takes_a_copy_and_leaves(visit, town, db, tmp_path):
    face = tmp_path / "face.jpg"
    face.write_bytes(saved(photo(size=(80, 80)), "JPEG"))
    other, page = (visit(None, refused=(400, 401)) for _ in range(2))
    for each in (other, page):
        sign_in(each, town.tenant.email, PASSWORD)
        expect(each.locator(".who")).to_contain_text("Tenant")

    # Name, photo, language and time zone.
    page.goto("/console/account")
    page.get_by_label("Name").fill("Tina Turner")
    page.get_by_label("Photo").set_input_files(face)
    page.get_by_label("Time zone").select_option("Asia/Almaty")
    page.locator("#lang").select_option("kk")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Менің профилім")
    expect(page.locator("img.portrait")).to_be_visible()
    page.locator("#lang").select_option("en")
    page.locator("form[action='/console/account/profile'] button").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator(".who")).to_contain_text("Tina Turner")

    # The other browser is signed out, here and by a new password.
    expect(page.get_by_role("button", name="End")).to_have_count(1)
    page.get_by_role("button", name="End").click()
    expect(page.get_by_role("button", name="End")).to_have_count(0)
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#outcome")).to_be_visible()

    # One switch of one channel.
    page.locator("main").get_by_role("link", name="Notifications").click()
    switch = page.locator(".checks input").first
    was = switch.is_checked()
    switch.set_checked(not was)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#outcome")).to_be_visible()
    expect(page.locator(".checks input").first).to_be_checked(checked=not was)

    # An export is requested; leaving requires the confirmation word.
    page.goto("/console/account/data")
    page.get_by_role("button", name="Prepare it").click()
    expect(page.get_by_text("It is being prepared")).to_be_visible()
    page.locator("#word").fill("no")
    page.get_by_role("button", name="Delete my account permanently").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.locator("#word").fill("delete")
    page.get_by_role("button", name="Delete my account permanently").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(page, town.tenant.email, NEW_PASSWORD)
    expect(page.get_by_role("alert")).to_be_visible()
    left = db.get(User, town.tenant.id)
    assert (left.is_active, left.email, left.time_zone) == (False, None, None)
    assert db.scalars(select(AccountSession).where(AccountSession.user_id == left.id)).all() == []
