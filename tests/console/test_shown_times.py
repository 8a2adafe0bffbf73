"""Times on pages, which scripts write in the time zone that the reader chose."""

from sqlalchemy import update

from models.accounts.users import User

#: The texts of two moments, an hour apart.
SHOWN = """async () => {
  const { localTimes } = await import([...document.scripts].find((each) => each.src.endsWith("console.js")).src);
  const moments = ["2026-12-31T18:30:00Z", "2026-12-31T19:30:00Z"];
  const root = document.createElement("div");
  root.innerHTML = moments.map((moment) => `<time datetime="${moment}" data-local></time>`).join("");
  localTimes(root);
  return [...root.children].map((time) => time.textContent);
}"""


def test_a_time_is_written_without_its_year_only_in_that_year_of_the_readers_time_zone(visit, town, db):
    db.execute(update(User).where(User.id == town.seller.id).values(time_zone="Asia/Almaty"))
    db.commit()
    page = visit(town.seller, timezone_id="Europe/London")

    page.clock.set_fixed_time("2026-12-31T20:00:00Z")  # 01:00 on the first of January in Almaty

    assert page.evaluate(SHOWN) == ["31 Dec 2026, 23:30", "1 Jan, 00:30"]
