"""`leadmatch console-speed`: measure the time and size of the console's pages, on the present market."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.enums import SUPPLY_ROLES, Role, Status
from models.leadgen.niches import Niche
from models.leadgen.prospects import Prospect
from models.market.leads import Lead
from models.market.own_base import BaseOrder
from models.market.properties import Property
from models.platform.settings import Settings
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations
from models.rescoring.runs import RescoringRun
from scripts.databases import session_factory

if TYPE_CHECKING:
    import httpx

#: Limits of a page (docs/console.md).
MAX_MS, MAX_BYTES = 60.0, 150_000
#: The number of leads and properties that are requested in turn, so that caches do not favour a page.
VARIETY = 10
#: Words for searches in the user's own rows: common, rare, several, and digits of a phone number.
SEARCHED = {Lead: ("ан", "Ольга", "двор метро", "7000123"), Property: ("Арбат", "двор", "балкон ремонт", "Ленинск")}
#: What the filters of a list that nobody has changed say, as its script sends them (api/static/console/base.js).
UNCHANGED = {
    Lead: "sort=newest&size=30&cols=1&col=wishes&col=tags&col=list&col=matches",
    Property: "sort=newest&size=30&cols=1&col=price&col=commission&col=tags&col=list&col=matches",
}
SESSION_COOKIE = "leadmatch_session"  # as api.console.kit.access names it


@dataclass(frozen=True)
class PageKind:
    """One kind of page: the reader's token, and the addresses to request in turn."""

    name: str
    token: str | None
    paths: list[str]
    #: Whether a script requests it to replace a part of the open page.
    is_part: bool = False


@dataclass(frozen=True)
class Measurement:
    """Milliseconds from the request to the complete answer, and the transferred bytes of its body."""

    times: list[float]
    bytes_sent: int
    cards: int

    @property
    def p50(self) -> float:
        return median(self.times)

    @property
    def p95(self) -> float:
        return quantiles(self.times, n=20)[-1]


@click.command()
@click.option("--base", help="The running system  [this machine's, at PORT].")
@click.option("--rounds", type=click.IntRange(2, 1000), default=30, show_default=True, help="Requests of each page.")
@click.option("--only", multiple=True, help="Names of pages; by default all.")
def command(base: str | None, rounds: int, only: tuple[str, ...]) -> None:
    """Check every page of the console against its limits: p95 below 60 ms with 100 cards, a first view below 150 KB.

    Requests the running system over one connection, as the users with the fullest lists. Only reads, but the order of
    their own lists is remembered as if they had chosen it. Run it on a quiet machine. Exit code 1 if a page exceeds a
    limit.

    \b
    A market to measure: 10,000 leads and as many properties of one realtor among 100,000 of each.
      leadmatch demo --leads 100000 --properties 100000 --city Москва --own 10000
    """
    import httpx

    settings = Settings.for_command("SECRET_KEY")
    console = Console()
    with session_factory(settings)() as session:
        pages = [page for page in pages_of(session, settings) if not only or page.name in only]
    table = Table("page", "cards", "p50, ms", "p95, ms", "sent, KB", "first view, KB", box=None)
    over = []
    with httpx.Client(base_url=base or f"http://127.0.0.1:{settings.port}", timeout=60) as client:
        for page in pages:
            measured = measure(client, page, rounds)
            first = 0 if page.is_part else measured.bytes_sent + bytes_of_assets(client, page)
            if measured.p95 > MAX_MS or first > MAX_BYTES:
                over.append(page.name)
            table.add_row(
                page.name,
                str(measured.cards),
                _marked(measured.p50, MAX_MS),
                _marked(measured.p95, MAX_MS),
                f"{measured.bytes_sent / 1000:.1f}",
                "" if page.is_part else _marked(first / 1000, MAX_BYTES / 1000),
            )
    console.print(table)
    limits = f"{MAX_MS:.0f} ms at p95 and {MAX_BYTES / 1000:.0f} KB at first view"
    if over:
        console.print(f"Missed: beyond {limits}: {', '.join(over)}.", highlight=False)
        sys.exit(1)
    console.print(f"Met: every page within {limits}.", highlight=False)


def pages_of(session: Session, settings: Settings) -> Iterator[PageKind]:
    """Yield the pages of realtors, tenants and operators, without pages about things that do not exist."""
    for kind, key, ids, path in (
        (Lead, LeadRecommendations.lead_id, LeadRecommendations.property_ids, "leads"),
        (Property, PropertyRecommendations.property_id, PropertyRecommendations.lead_ids, "properties"),
    ):
        owner = _owner_of_most(session, kind, key)
        if owner is None:
            continue
        token = make_token(owner, settings.secret_key, 1)
        longest = (
            select(key)
            .join(kind, kind.id == key)
            .where(kind.owner_id == owner.id, kind.status == Status.ACTIVE)
            .order_by(func.cardinality(ids).desc(), key)
            .limit(VARIETY)
        )
        addresses = [f"/console/{path}/{row_id}" for row_id in session.scalars(longest)]
        yield PageKind(f"{path}: 100 cards", token, [f"{address}?size=100" for address in addresses])
        yield PageKind(f"{path}: 20 cards", token, addresses)
        yield PageKind(f"{path}: the list", token, [f"/console/{path}", f"/console/{path}?page=2"])
        orders = [f"/console/{path}?sort={order}" for order in reversed(BaseOrder)]
        yield PageKind(f"{path}: each order", token, orders)
        searched = [f"/console/{path}?q={words}" for words in SEARCHED[kind]]
        yield PageKind(f"{path}: search", token, searched)
        typed = [typed_address(kind, words[:end]) for words in SEARCHED[kind] for end in range(1, len(words) + 1)]
        yield PageKind(f"{path}: search while typing", token, typed, is_part=True)
        yield PageKind(f"{path}: a view", token, [f"/console/{path}?deal=SALE&rooms={rooms}" for rooms in (1, 2, 3)])
        yield PageKind(f"{path}: the form", token, [f"{address}/edit" for address in addresses])
        if kind is Lead:
            yield PageKind("compare", token, list(_comparisons(session, addresses)))
            for name in ("matches", "notifications", "inquiries", "chats"):
                yield PageKind(name, token, [f"/console/{name}"])
    yield from _of_role(session, settings, Role.TENANT, {name: [f"/console/{name}"] for name in ("feed", "favorites")})
    niche, prospect, run = (
        session.scalar(select(kind.id).order_by(kind.created_at.desc()).limit(1))
        for kind in (Niche, Prospect, RescoringRun)
    )
    operated = {name: [f"/console/{name}"] for name in ("engine", "quality", "schedule", "users", "audit", "leadgen")}
    operated["prospects"] = ["/console/leadgen/prospects"]
    for name, row_id, path in (
        ("niche", niche, "leadgen"),
        ("prospect", prospect, "leadgen/prospects"),
        ("run", run, "engine/runs"),
    ):
        if row_id:
            operated[name] = [f"/console/{path}/{row_id}"]
    yield from _of_role(session, settings, Role.ADMIN, operated)
    yield PageKind("public search", None, ["/homes", "/homes?deal=sale&order=price", "/homes?q=ремонт+двор"])
    yield PageKind("landing", None, ["/"])
    yield PageKind("sign in", None, ["/console/sign-in"])


def typed_address(kind: type[Lead] | type[Property], text: str) -> str:
    """The address that the script of a list requests once *text* is typed into its search."""
    path = "leads" if kind is Lead else "properties"
    return f"/console/{path}?{urlencode({'q': text})}&{UNCHANGED[kind]}&part=1"


def _comparisons(session: Session, addresses: list[str]) -> Iterator[str]:
    """The first four homes of each lead's list, side by side."""
    for address in addresses:
        lists = session.get_one(LeadRecommendations, int(address.rpartition("/")[2]))
        yield f"{address}/compare?{'&'.join(f'home={each}' for each in lists.property_ids[:4])}"


def measure(client: "httpx.Client", page: PageKind, rounds: int) -> Measurement:
    """Request the page's addresses in turn, *rounds* times, after one round that fills pools and caches."""
    headers = _headers(page)
    times = []
    for number in range(-len(page.paths), rounds):
        path = page.paths[number % len(page.paths)]
        began = perf_counter()
        answer = client.get(path, headers=headers)
        took = 1000 * (perf_counter() - began)
        if answer.status_code != 200:
            raise click.ClickException(f"{path} answers {answer.status_code}")
        if number >= 0:
            times.append(took)
    return Measurement(times, answer.num_bytes_downloaded, len(re.findall(r'<article[^>]* class="pair', answer.text)))


def bytes_of_assets(client: "httpx.Client", page: PageKind) -> int:
    """Return the bytes that the page's style sheet, scripts (with their imports) and icon add to a first view."""
    html = client.get(page.paths[0], headers=_headers(page)).text
    assets = sorted(set(re.findall(r'"(/console/static/[^"]+)"', html)))
    return sum(client.get(path).num_bytes_downloaded for path in assets)


def _owner_of_most(session: Session, kind: type[Lead] | type[Property], key: InstrumentedAttribute[int]) -> User | None:
    """Return the owner of the most leads, or properties, on the market that have a list."""
    query = (
        select(User)
        .join(kind, kind.owner_id == User.id)
        .join(key.class_, key == kind.id)
        .where(User.is_active, User.role.in_(SUPPLY_ROLES), kind.status == Status.ACTIVE)
        .group_by(User.id)
        .order_by(func.count().desc(), User.id)
        .limit(1)
    )
    return session.scalar(query)


def _of_role(session: Session, settings: Settings, role: Role, pages: dict[str, list[str]]) -> Iterator[PageKind]:
    user = session.scalar(select(User).where(User.role == role, User.is_active).order_by(User.id).limit(1))
    if user is not None:
        token = make_token(user, settings.secret_key, 1)
        for name, paths in pages.items():
            yield PageKind(name, token, paths)


def _headers(page: PageKind) -> dict[str, str]:
    return {"Cookie": f"{SESSION_COOKIE}={page.token}"} if page.token else {}


def _marked(value: float, limit: float) -> str:
    return f"[red]{value:.1f}[/]" if value > limit else f"{value:.1f}"
