"""Files for search engines: robots.txt, and sitemaps of all homes and of common searches."""

from datetime import datetime
from http import HTTPStatus
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort

from api.console.public.search_request import address_of
from api.http.access import public
from api.http.db import only_reads, session
from api.http.services import services
from api.http.short_cache import cached_for
from models.market.search.criteria import SearchCriteria
from models.market.search.sitemaps import HOMES_A_MAP, homes_of_map, maps_of_homes, towns_with_homes

blp = Blueprint("search_engines", __name__)

KEPT = 600  # seconds
XML = "application/xml"


@blp.get("/robots.txt")
@public
def robots() -> Response:
    """Let search engines crawl the search, the homes and the landing page; with PUBLIC_SEARCH=off only the last."""
    lines = ["User-agent: *", "Disallow: /console", "Disallow: /s/"]
    if services().settings.public_search:
        lines += [f"Sitemap: {services().settings.public_url}/sitemap.xml"]
    else:
        lines += ["Disallow: /homes"]
    return _cacheable(Response("\n".join(lines) + "\n", mimetype="text/plain"))


@blp.get("/sitemap.xml")
@public
@only_reads
def sitemap() -> Response:
    """The index of sitemaps: one of towns, and one for each part of the homes."""
    _check_open()
    maps = cached_for(KEPT, "sitemap", lambda: maps_of_homes(session()))
    paths = ["/sitemaps/towns.xml", *(f"/sitemaps/homes-{number}.xml" for number in maps)]
    return _xml("sitemapindex", "".join(f"<sitemap>{_loc(path)}</sitemap>" for path in paths))


@blp.get("/sitemaps/towns.xml")
@public
@only_reads
def towns() -> Response:
    """The search of each town, for sale and for rent."""
    _check_open()
    markets = cached_for(KEPT, "sitemap:towns", lambda: towns_with_homes(session()))
    searches = [SearchCriteria(city=town, city_key=key, deal_type=deal) for key, town, deal in markets]
    return _xml("urlset", "".join(f"<url>{_loc(address_of(each))}</url>" for each in [SearchCriteria(), *searches]))


@blp.get("/sitemaps/homes-<int:number>.xml")
@public
@only_reads
def homes(number: int) -> Response:
    """One part of the homes: those in one range of HOMES_A_MAP ids, so that a home never changes its sitemap."""
    _check_open()
    if number > 2**62 // HOMES_A_MAP:
        abort(HTTPStatus.NOT_FOUND)
    entries = [
        f"<url>{_loc(f'/homes/{home_id}')}{_lastmod(at)}</url>" for home_id, at in homes_of_map(session(), number)
    ]
    return _xml("urlset", "".join(entries))


def _check_open() -> None:
    if not services().settings.public_search:
        abort(HTTPStatus.NOT_FOUND)


def _xml(root: str, content: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return _cacheable(Response(f"{text}{content}</{root}>\n", mimetype=XML))


def _loc(path: str) -> str:
    return f"<loc>{escape(services().settings.public_url + path)}</loc>"


def _lastmod(moment: datetime) -> str:
    return f"<lastmod>{moment:%Y-%m-%d}</lastmod>"


def _cacheable(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={KEPT}"
    return response
