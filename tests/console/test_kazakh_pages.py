"""Texts of scripts on Kazakh pages: browsers have no Kazakh date formats, and sentences come from the catalogue."""

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

    sentence = page.locator("[data-unreachable]").get_attribute("data-unreachable")
    assert sentence == "Сервермен байланыс жоқ; қайталап көріңіз."


def test_longer_kazakh_words_fit_a_phone(visit, town):
    """The words are a third longer than the English ones with which the other tests measure pages."""
    page = visit(town.seller, viewport={"width": 390, "height": 844})
    page.context.add_cookies([{"name": "lang", "value": "kk", "url": page.url}])
    wider = []
    for path in ("/homes", "/console/leads/new", "/console/properties", "/console/matches", "/console/tasks"):
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wider.append(path)

    assert wider == []
