"""`leadmatch screenshots`: take pictures of every page of the console, to keep those in docs/ up to date."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click
from PIL import Image

from models.accounts.demo_logins import DEMO_LOGINS, DEMO_PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: The indices of the users in DEMO_LOGINS.
REALTOR, TENANT, ADMIN, OPERATOR, MARKETER = range(5)
#: The selector of the link from a list to its first row.
FIRST = "main a.row, main td a"
#: The lead whose client has answered a selection.
ANSWERED = "/console/leads?tag=подборка"

#: Name of a picture -> (user, None if not signed in; the page's address; links to follow from there).
PAGES: dict[str, tuple[int | None, str, *tuple[str, ...]]] = {
    "landing": (None, "/"),
    "sign-in": (None, "/console/sign-in"),
    "sign-up": (None, "/console/sign-up"),
    "homes": (None, "/homes"),
    "home": (None, "/homes", "main article a[href^='/homes/']"),
    "leads": (REALTOR, "/console/leads"),
    "lead": (REALTOR, "/console/leads", FIRST),
    "lead-form": (REALTOR, "/console/leads/new"),
    "relaxations": (REALTOR, "/console/leads", FIRST, "a[href$='/relaxations']"),
    "history": (REALTOR, "/console/leads", FIRST, "a[href$='/history']"),
    "tasks": (REALTOR, "/console/tasks"),
    "paste": (REALTOR, "/console/leads/paste"),
    "selection": (REALTOR, ANSWERED, FIRST, "a[href$='/selections']"),
    "client-selection": (REALTOR, ANSWERED, FIRST, "a[href$='/selections']", "a.quiet[href*='/s/']"),
    "properties": (REALTOR, "/console/properties"),
    "property": (REALTOR, "/console/properties", FIRST),
    "matches": (REALTOR, "/console/matches"),
    "match": (REALTOR, "/console/matches", "main a[href^='/console/matches/']"),
    "team": (REALTOR, "/console/team"),
    "inquiries": (REALTOR, "/console/inquiries"),
    "inquiry": (REALTOR, "/console/inquiries", "main a[href^='/console/owner/inquiries/']"),
    "owner-listings": (REALTOR, "/console/owner/listings"),
    "chat": (REALTOR, "/console/chats", FIRST),
    "notifications": (REALTOR, "/console/notifications"),
    "account": (REALTOR, "/console/account"),
    "import": (REALTOR, "/console/sources?of=leads"),
    "feed": (TENANT, "/console/feed"),
    "favorites": (TENANT, "/console/favorites"),
    "searches": (TENANT, "/console/searches"),
    "requests": (TENANT, "/console/requests"),
    "request-form": (TENANT, "/console/requests/new"),
    "engine": (ADMIN, "/console/engine"),
    "users": (ADMIN, "/console/users"),
    "audit": (ADMIN, "/console/audit"),
    "attention": (OPERATOR, "/console/attention"),
    "queues": (OPERATOR, "/console/queues"),
    "schedule": (OPERATOR, "/console/schedule"),
    "markets": (OPERATOR, "/console/markets"),
    "quality": (OPERATOR, "/console/quality"),
    "niches": (MARKETER, "/console/leadgen"),
    "niche": (MARKETER, "/console/leadgen", FIRST),
    "niche-form": (MARKETER, "/console/leadgen/new"),
    "campaign": (MARKETER, "/console/leadgen", FIRST, "main a[href*='/campaigns/']:not([href$='/new'])"),
    "prospect": (MARKETER, "/console/leadgen/prospects", FIRST),
    "nowhere": (REALTOR, "/console/nowhere"),
}
#: The pages that documentation also shows in other languages than Russian.
MAIN = ("landing", "homes", "leads", "lead", "property", "matches", "client-selection", "feed", "engine", "niche")
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
#: Features of Chromium that are disabled. Each window would start a process for the unused list of the address bar,
#: which takes half of the time of a short visit. Only the last such option counts, so the features that Playwright
#: disables are included.
FEATURES_OFF = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess",
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)  # fmt: skip
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--disable-features={','.join(FEATURES_OFF)}",
]


def find_chromium(*preferred: str) -> str | None:
    """Return the path of a Chromium on this machine, or None; the variable CHROMIUM names another one."""
    names = (os.environ.get("CHROMIUM", ""), *preferred, "chromium", "chromium-browser", "google-chrome")
    return next((path for path in (shutil.which(name) for name in names if name) if path), None)


@click.command()
@click.option("--base", default="http://127.0.0.1:8000", show_default=True, help="A running system with the demo.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/screenshots"), show_default=True)
@click.option("--lang", type=click.Choice(["ru", "en", "kk"]), default="ru", show_default=True)
@click.option("--only", multiple=True, help="Names of pages; by default all in Russian, the main ones in others.")
def command(base: str, out: Path, lang: str, only: tuple[str, ...]) -> None:
    """Take pictures of the console's pages, light and dark, on a desktop and on a phone."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise click.ClickException("no Chromium was found; install one, or name it in CHROMIUM")
    out.mkdir(parents=True, exist_ok=True)
    wanted = only or (tuple(PAGES) if lang == "ru" else MAIN)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for theme in themes:
            for size in SIZES:
                for login in (None, *range(len(DEMO_LOGINS))):
                    names = [name for name in PAGES if PAGES[name][0] == login and name in wanted]
                    if names:
                        _take_pictures(browser, base, out, names, login, theme, size, lang)
        browser.close()


def _take_pictures(
    browser: "Browser",
    base: str,
    out: Path,
    names: list[str],
    login: int | None,
    theme: Literal["light", "dark"],
    size: str,
    lang: str,
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale=lang,
        timezone_id="Europe/Moscow",
        reduced_motion="reduce",
        base_url=base,
    )
    page = context.new_page()
    if login is not None:
        page.goto("/console/sign-in")
        page.fill("#username", DEMO_LOGINS[login][0])
        page.fill("#password", DEMO_PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(lambda url: "/console/" in url and "/sign-in" not in url)
        page.wait_for_load_state()
    for name in names:
        _, address, *steps = PAGES[name]
        page.goto(address)
        for step in steps:
            link = page.locator(step).first
            href = link.get_attribute("href") if link.count() else None
            if href is None:
                click.echo(f"{name}: no link {step} on {page.url}", err=True)
                break
            page.goto(href)
        else:
            path = out / f"{name}-{size}-{theme}{'' if lang == 'ru' else f'-{lang}'}.png"
            page.screenshot(path=path)
            _with_few_colours(Image.open(path).convert("RGB")).save(path, optimize=True)
    context.close()


def _with_few_colours(picture: Image.Image) -> Image.Image:
    """
    Return the picture in 256 colours, a third of the size: enough for pages without photos.

    Half of the colours are the most frequent ones, unchanged, for backgrounds and letters; the other half covers rare
    ones, such as a red cross. Pillow's own palettes average all colours, which tints backgrounds and dulls rare ones.
    """
    counted = cast("list[tuple[int, tuple[int, ...]]]", picture.getcolors(1 << 24))  # RGB has at most 2**24 colours
    frequent = [part for _, colour in sorted(counted, reverse=True)[:128] for part in colour]
    rare = cast("list[int]", picture.quantize(128, Image.Quantize.MAXCOVERAGE).getpalette())[: 128 * 3]
    palette = Image.new("P", (1, 1))
    palette.putpalette(frequent + rare)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)
