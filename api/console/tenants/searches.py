"""Saved searches: created from the public search or the preferences, with notifications of new homes and price cuts."""

from dataclasses import replace

from flask import Response, render_template, request
from werkzeug.datastructures import MultiDict

from api.console.kit import form_keys, forms
from api.console.kit.access import page_for, visitor
from api.console.kit.formatting import public_address
from api.console.kit.pages import back, listed, page_blueprint
from api.console.kit.request_cleaning import address_in
from api.console.kit.unread import read_news
from api.console.public.chips import chips_of
from api.console.public.search import heading_of_search
from api.console.public.search_request import address_of, criteria_of_address
from api.http.db import session
from models.accounts.notifications import NotificationType
from models.core.enums import PropertyType
from models.core.errors import NotFoundError
from models.market.leads import Lead
from models.market.preferences import preference_of
from models.market.search.criteria import MANY_ROOMS, SearchCriteria
from models.market.search.saved import (
    LONGEST_NAME,
    NotificationPace,
    delete_search,
    news_of,
    save_search,
    saved_search,
    searches_of,
    set_pace,
)

blp = page_blueprint("searches")

PER_PAGE = 24


@blp.get("/console/searches")
@page_for()
def searches() -> str:
    """The visitor's saved searches."""
    rows = list(session().scalars(searches_of(visitor())))
    return render_template(
        "console/tenants/searches.html",
        rows=rows,
        addresses={row.id: address_of(row.search_criteria) for row in rows},
        chips={row.id: chips_of(replace(row.search_criteria, deal_type=None)) for row in rows},  # the name has the deal
        paces=list(NotificationPace),
        preference=preference_of(session(), visitor()),
    )


@blp.post("/console/searches")
@page_for()
def save() -> Response:
    """Save the search in the form's address, or the visitor's preferences as a search."""
    if forms.pressed_button("search", "preferences", name="of") == "preferences":
        preference = preference_of(session(), visitor())
        if preference is None:
            raise NotFoundError("preferences")
        criteria = criteria_of_preference(preference)
    else:
        forms.check_complete("asked")
        criteria = criteria_of_address(MultiDict(address_in("asked", 4000))).criteria
    pace = forms.one_of(
        NotificationPace, request.form.get("pace", NotificationPace.AT_ONCE), "pace", "search.choose_pace"
    )
    name = request.form.get("name", "").strip()[:LONGEST_NAME]
    form_keys.claim()
    save_search(session(), visitor(), name or name_of_search(criteria), criteria, pace)
    return back("/console/searches", "search_saved")


@blp.get("/console/searches/<int:search_id>")
@page_for()
def news(search_id: int) -> str:
    """The news that the visitor has received of one search."""
    search = saved_search(session(), visitor(), search_id)
    read_news(NotificationType.SEARCH_NEWS, search_id=[search.id])
    rows, pager = listed(news_of(search), PER_PAGE)
    return render_template(
        "console/tenants/search_news.html",
        search=search,
        address=address_of(search.search_criteria),
        rows=rows,
        address_of=public_address,
        **pager,
    )


@blp.post("/console/searches/<int:search_id>")
@page_for()
def change(search_id: int) -> Response:
    """Set how often the visitor is notified of news, or delete the search."""
    if request.form.get("do") == "remove":
        delete_search(session(), visitor(), search_id)
        return back("/console/searches", "search_removed")
    pace = forms.one_of(NotificationPace, request.form.get("pace"), "pace", "search.choose_pace")
    set_pace(session(), visitor(), search_id, pace)
    return back("/console/searches", "saved")


def name_of_search(criteria: SearchCriteria) -> str:
    """A default name of a search: its subject and its words."""
    return ", ".join(filter(None, (heading_of_search(criteria), criteria.words)))[:LONGEST_NAME]


def criteria_of_preference(preference: Lead) -> SearchCriteria:
    """The preferences as a search, without those that can only be scored."""
    kind = preference.property_type
    types = {PropertyType.APARTMENT: (PropertyType.APARTMENT, PropertyType.APARTMENTS)}
    return SearchCriteria(
        city=preference.city,
        city_key=preference.city_key,
        deal_type=preference.deal_type,
        property_types=types.get(kind, (kind,)) if kind else (),
        rooms=tuple(sorted({min(count, MANY_ROOMS) for count in preference.rooms})),
        price_min=preference.budget_min or None,
        price_max=preference.budget_max or None,
        area_min=preference.area_min,
        area_max=preference.area_max,
        districts=tuple(preference.districts),
        metro_stations=tuple(preference.metro_stations) if not preference.districts else (),
    )
