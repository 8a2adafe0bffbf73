"""A selection as a PDF: the client's page, for printing or keeping.

The font is Noto Sans, reduced to Latin, Cyrillic with Kazakh, and signs (api/static/fonts), and embedded.
"""

import io
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response
from limits import parse
from PIL import Image

from api.console.kit.formatting import phone_text, photos_of, price_of, public_address, title_of
from api.console.kit.i18n import counted, language, translate, word
from api.console.realtors.wishes import fact_chips
from api.exchange.selections import link_of
from api.http.limits import limits
from api.http.uploads import PREFIX, storage
from models.accounts.users import User
from models.deals.selections import Selection, SelectionHome
from models.market.properties import Property

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parents[2] / "static" / "fonts"
MARGIN, WIDTH = 15, 180  # mm
PHOTO_WIDTH, PHOTO_HEIGHT, GAP = 72, 54, 6  # mm
PHOTO_PIXELS = (900, 675)
MAX_FACTS = 8
#: Facts that are already in the line above.
SHOWN_ABOVE = ("floor", "house_floors", "year_built", "condition", "area", "rooms")
#: The rate limit of files of one selection, because drawing one takes some time.
PDF_LIMIT = parse("20 per 10 minutes")
GREEN, GREY, BLACK = (31, 95, 84), (93, 97, 104), (28, 30, 33)


def pdf_answer(
    selection: Selection, owner: User, homes: Mapping[int, Property], on_offer: Set[int], *, for_client: bool
) -> Response:
    """The file to download.

    Args:
        homes: Property id -> the property, of all homes of the selection.
        on_offer: The ids of those that are still on offer; the others are only marked as gone.
        for_client: Whether it is requested by the link; then the rate limit applies.
    Raises:
        TooManyError: The link's file was requested too often recently.
    """
    if for_client:
        limits().count_call(PDF_LIMIT, "selection_pdf", str(selection.id))
    answer = Response(bytes(_drawn(selection, owner, homes, on_offer)), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="selection-{selection.id}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _drawn(selection: Selection, owner: User, homes: Mapping[int, Property], on_offer: Set[int]) -> bytearray:
    from fpdf import FPDF  # imported late: it takes 0.5 s, and few processes ever draw a file

    pdf = FPDF(format="A4")
    pdf.set_lang(language())
    pdf.set_title(translate("A selection for you"))
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Noto", style, str(FONTS / f"NotoSans-{name}.ttf"))
    pdf.add_page()
    _line(pdf, translate("A selection for you"), 20, bold=True, height=10)
    _line(pdf, counted(len(selection.homes), "home"), 11, GREY)
    pdf.ln(3)
    phone = phone_text(owner.phone) if owner.phone else None
    about = ", ".join(filter(None, (owner.name or translate("Your realtor"), owner.agency_name, phone)))
    _line(pdf, about, 12, bold=True)
    _line(pdf, translate("Mark what you like and ask questions on the selection’s page:"), 10, GREY)
    pdf.set_text_color(*GREEN)
    pdf.set_font("Noto", size=10)
    link = link_of(selection)
    pdf.cell(0, 5, link, link=link, new_x="LMARGIN", new_y="NEXT")
    if selection.words:
        pdf.ln(3)
        _line(pdf, selection.words, 11)
    for home in selection.homes:
        pdf.ln(GAP)
        _home(pdf, home, homes[home.property_id], home.property_id in on_offer)
    return pdf.output()


def _home(pdf: "FPDF", home: SelectionHome, listing: Property, is_there: bool) -> None:
    if not is_there:
        _line(pdf, f"{home.place}. {title_of(listing)}", 13, GREY, bold=True)
        _line(pdf, translate("This home is no longer on offer."), 10, GREY)
        return
    photo = _photo(listing)
    if pdf.get_y() + PHOTO_HEIGHT + GAP > pdf.h - MARGIN:
        pdf.add_page()
    top, left = pdf.get_y(), MARGIN
    if photo is not None:
        pdf.image(photo, MARGIN, top, PHOTO_WIDTH, PHOTO_HEIGHT)
        left = MARGIN + PHOTO_WIDTH + GAP
    page = pdf.page
    pdf.set_left_margin(left)
    pdf.set_xy(left, top)
    _line(pdf, f"{home.place}. {title_of(listing)}", 13, bold=True, height=6)
    _line(pdf, price_of(listing), 13, GREEN, bold=True, height=7)
    station = listing.metro_station
    where = [*public_address(listing), station and translate("metro {name}", name=station)]
    _line(pdf, ", ".join(filter(None, where)), 10, GREY)
    pdf.ln(1)
    _line(pdf, " · ".join(_facts(listing)), 10)
    pdf.set_left_margin(MARGIN)
    if pdf.page == page:
        pdf.set_xy(MARGIN, max(pdf.get_y(), top + PHOTO_HEIGHT if photo is not None else 0))
    if home.words:
        pdf.ln(2)
        _line(pdf, home.words, 11)
    pdf.set_x(MARGIN)


def _facts(listing: Property) -> list[str]:
    facts = []
    if listing.floor is not None and listing.total_floors:
        facts.append(translate("floor {floor} of {all}", floor=listing.floor, all=listing.total_floors))
    if listing.year_built:
        facts.append(translate("built in {year}", year=listing.year_built))
    facts += [word(each) for each in (listing.condition, listing.property_class) if each]
    chips = [fact["words"] for fact in fact_chips(listing) if fact["kind"] not in SHOWN_ABOVE]
    return facts + chips[:MAX_FACTS]


def _photo(listing: Property) -> io.BytesIO | None:
    """The first photo stored here, scaled down; photos elsewhere are not fetched during a request."""
    for link in photos_of(listing):
        if not link.startswith(PREFIX):
            continue
        try:
            with storage().open(link.removeprefix(PREFIX)) as file, Image.open(file) as picture:
                picture.draft("RGB", PHOTO_PIXELS)
                small = _filled(picture.convert("RGB"))
        except OSError:
            continue
        out = io.BytesIO()
        small.save(out, "JPEG", quality=80)
        return out
    return None


def _filled(picture: Image.Image) -> Image.Image:
    """The middle part of a picture in the proportions of its place, no larger than printed."""
    wide, high = picture.size
    share = PHOTO_WIDTH / PHOTO_HEIGHT
    width, height = min(wide, high * share), min(high, wide / share)
    left, top = (wide - width) / 2, (high - height) / 2
    picture = picture.crop((int(left), int(top), int(left + width), int(top + height)))
    picture.thumbnail(PHOTO_PIXELS)
    return picture


def _line(
    pdf: "FPDF",
    text: str,
    size: int,
    colour: tuple[int, int, int] = BLACK,
    *,
    bold: bool = False,
    height: float | None = None,
) -> None:
    """Text in as many lines as needed; characters that the font lacks are left out."""
    text = "".join(each for each in text if each == "\n" or ord(each) in _letters())
    pdf.set_font("Noto", "B" if bold else "", size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(0, height or size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(FONTS / "NotoSans-Regular.ttf") as font:
        return frozenset(font.getBestCmap())
