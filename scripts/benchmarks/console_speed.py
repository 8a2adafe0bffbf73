"""`leadmatch console-speed`: how long the console's pages take and how much they send, on the market that is there."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.enums import SUPPLY_ROLES, Role, Status
from models.leadgen.niches import Niche
from models.leadgen.prospects import Prospect
from models.market.leads import Lead
from models.market.properties import Property
from models.platform.settings import Settings
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations
from models.rescoring.runs import RescoringRun
from scripts.databases import session_factory

#: What the console promises (docs/console.md).
MOST_MS, MOST_BYTES = 50.0, 150_000
#: Different leads and properties that are looked at in turn, so that no cache makes one page look good.
VARIETY = 10
SESSION_COOKIE = "leadmatch_session"  # as api.console.access names it


@dataclass(frozen=True)
class Looked:
    """One kind of page: who looks, and the addresses that are asked for in turn."""

    name: str
    token: str | None
    paths: list[str]


@dataclass(frozen=True)
class Measured:
    """Milliseconds from request to the whole answer, and the bytes of its body as they were sent."""

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
    """Time every page of the console against its promise: p95 below 50 ms with 100 cards, a first view below 150 KB.

    Asks the running system over one connection, as people who have the fullest lists; only reads. Run it on a quiet
    machine. Exit code 1 if a page is over.
    """
    import httpx

    settings = Settings.from_env()
    console = Console()
    with session_factory(settings)() as session:
        pages = [page for page in pages_of(session, settings) if not only or page.name in only]
    table = Table("page", "cards", "p50, ms", "p95, ms", "sent, KB", "first view, KB", box=None)
    over = False
    with httpx.Client(base_url=base or f"http://127.0.0.1:{settings.port}", timeout=60) as client:
        for page in pages:
            found = measure(client, page, rounds)
            first = found.bytes_sent + bytes_of_assets(client, page)
            over |= found.p95 > MOST_MS or first > MOST_BYTES
            table.add_row(
                page.name,
                str(found.cards),
                _marked(found.p50, MOST_MS),
                _marked(found.p95, MOST_MS),
                f"{found.bytes_sent / 1000:.1f}",
                _marked(first / 1000, MOST_BYTES / 1000),
            )
    console.print(table)
    sys.exit(int(over))


def pages_of(session: Session, settings: Settings) -> Iterator[Looked]:
    """The pages of realtors, tenants and operators; those of things that are not there are left out."""
    for kind, key, ids, path in (
        (Lead, LeadRecommendations.lead_id, LeadRecommendations.property_ids, "leads"),
        (Property, PropertyRecommendations.property_id, PropertyRecommendations.lead_ids, "properties"),
    ):
        owner = _who_has_most(session, kind, key)
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
        yield Looked(f"{path}: 100 cards", token, [f"{address}?size=100" for address in addresses])
        yield Looked(f"{path}: 20 cards", token, addresses)
        yield Looked(f"{path}: the list", token, [f"/console/{path}", f"/console/{path}?page=2"])
        yield Looked(f"{path}: the form", token, [f"{address}/edit" for address in addresses])
        if kind is Lead:
            for name in ("matches", "notices", "inquiries", "chats"):
                yield Looked(name, token, [f"/console/{name}"])
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
    yield Looked("landing", None, ["/"])
    yield Looked("sign in", None, ["/console/sign-in"])


def measure(client, page: Looked, rounds: int) -> Measured:
    """Ask *rounds* times, in turn for the page's addresses, after one round that fills pools and caches."""
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
    return Measured(times, answer.num_bytes_downloaded, answer.text.count('<article class="pair'))


def bytes_of_assets(client, page: Looked) -> int:
    """What the page's own style sheet, scripts (also those that they import) and icon add to a first view."""
    found = client.get(page.paths[0], headers=_headers(page)).text
    return sum(
        client.get(path).num_bytes_downloaded for path in sorted(set(re.findall(r'"(/console/static/[^"]+)"', found)))
    )


def _who_has_most(session: Session, kind: type[Lead] | type[Property], key) -> User | None:
    """The owner of the most leads, or properties, on the market that have a list."""
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


def _of_role(session: Session, settings: Settings, role: Role, pages: dict[str, list[str]]) -> Iterator[Looked]:
    user = session.scalar(select(User).where(User.role == role, User.is_active).order_by(User.id).limit(1))
    if user is not None:
        token = make_token(user, settings.secret_key, 1)
        for name, paths in pages.items():
            yield Looked(name, token, paths)


def _headers(page: Looked) -> dict[str, str]:
    return {"Cookie": f"{SESSION_COOKIE}={page.token}"} if page.token else {}


def _marked(value: float, most: float) -> str:
    return f"[red]{value:.1f}[/]" if value > most else f"{value:.1f}"
