"""What scripts write on Kazakh pages: browsers know no forms of Kazakh dates, and sentences come from the catalogue."""

import re

from playwright.sync_api import expect

DAY_AND_TIME = re.compile(r"\d{2}\.\d{2}(\.\d{4})?, \d{2}:\d{2}")


def test_a_kazakh_page_writes_times_as_people_do_and_has_the_sentence_of_a_lost_connection(visit, town):
    page = visit(town.seller, timezone_id="Asia/Almaty")
    page.context.add_cookies([{"name": "lang", "value": "kk", "url": page.url}])

    page.goto(f"/console/properties/{town.properties[0].id}")
    times = page.locator("main time[data-local]")
    expect(times.first).to_have_text(DAY_AND_TIME)
    assert all(DAY_AND_TIME.fullmatch(text) for text in times.all_inner_texts())

    told = page.locator("[data-unreachable]").get_attribute("data-unreachable")
    assert told == "Сервермен байланыс жоқ; қайталап көріңіз."
