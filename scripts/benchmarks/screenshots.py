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

#: Name of a picture -> (index of the login in DEMO_LOGINS, the page). Each `first` opens the first link of the page.
PAGES: dict[str, tuple[int | None, str]] = {
    "landing": (None, "/"),
    "sign-in": (None, "/console/sign-in"),
    "leads": (0, "/console/leads"),
    "lead": (0, "/console/leads first"),
    "lead-form": (0, "/console/leads/new"),
    "properties": (0, "/console/properties"),
    "property": (0, "/console/properties first"),
    "matches": (0, "/console/matches"),
    "inquiries": (0, "/console/inquiries"),
    "chat": (0, "/console/chats first"),
    "notifications": (0, "/console/notifications"),
    "import": (0, "/console/import/leads"),
    "feed": (1, "/console/feed"),
    "favorites": (1, "/console/favorites"),
    "engine": (2, "/console/engine"),
    "quality": (2, "/console/quality"),
    "schedule": (2, "/console/schedule"),
    "users": (2, "/console/users"),
    "audit": (2, "/console/audit"),
    "niches": (2, "/console/leadgen"),
    "niche": (2, "/console/leadgen first"),
    "niche-form": (2, "/console/leadgen/new"),
    "campaign": (2, "/console/leadgen first first"),
    "prospect": (2, "/console/leadgen/prospects first"),
    "nowhere": (0, "/console/nowhere"),
}
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
#: Features of Chromium that are switched off. Each window starts a process for the address bar's list, which nobody
#: opens: half of a short visit. Of two such switches the last counts, so what Playwright switches off is here as well.
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


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None; the variable CHROMIUM names another one."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for path in (shutil.which(name) for name in names if name) if path), None)


@click.command()
@click.option("--base", default="http://127.0.0.1:8000", show_default=True, help="A running system with the demo.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/screenshots"), show_default=True)
@click.option("--lang", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
@click.option("--only", multiple=True, help="Names of pages; by default all.")
def command(base: str, out: Path, lang: str, only: tuple[str, ...]) -> None:
    """Take pictures of the console's pages, light and dark, on a desktop and on a phone."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise click.ClickException("no Chromium was found; install one, or name it in CHROMIUM")
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for theme in themes:
            for size in SIZES:
                for login in (None, 0, 1, 2):
                    names = [name for name in PAGES if PAGES[name][0] == login and (not only or name in only)]
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
        page.wait_for_url("**/console/*")
        page.wait_for_load_state()
    for name in names:
        address, *steps = PAGES[name][1].split()
        page.goto(address)
        for _ in steps:
            link = page.locator("main a.row, main td a").first
            href = link.get_attribute("href") if link.count() else None
            if href is None:
                break
            page.goto(href)
        else:
            path = out / f"{name}-{size}-{theme}.png"
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
