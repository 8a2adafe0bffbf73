"""Formatting of values on pages: money, numbers, times, score rings, share bars, titles of homes."""

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from flask import has_request_context
from markupsafe import Markup, escape

from api.console.kit.access import visitor_or_none
from api.console.kit.i18n import language, translate, word
from api.http.photos import shown_photos
from models.core.amounts import print_amount, print_number
from models.core.enums import AddressPrecision, DealType, PropertyType
from models.core.numbers import read_plain
from models.market.client_contacts import read_contacts
from models.market.leads import Lead
from models.market.places import NO_CURRENCY
from models.market.properties import Property
from models.market.shown_addresses import precision_of, shown_address, shown_location, shown_street
from models.market.town_names import town_name

#: The ring of a score: a circle of radius 15.9155 has a circumference of 100.
RADIUS = 15.9155
GOOD, FAIR = 85, 60  # per cent; lower limits of these grades of a score or share


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """
    A number in the notation of the page's language, which forms can read.

    >>> number(None)
    '—'
    """
    return "—" if value is None else print_number(value, decimals, mark=_mark())


def as_typed(text: str | None) -> str:
    """
    The text of a control for an amount or another number: a plain number in the notation of :func:`number`, any other
    text as it was typed.

    >>> as_typed("12000000.50"), as_typed("до 12 млн"), as_typed(None)
    ('12\\xa0000\\xa0000,5', 'до 12 млн', '')
    """
    plain = read_plain(text or "")
    return (text or "") if plain is None else print_number(plain, mark=_mark())


def compact(value: float) -> str:
    """
    A count, abbreviated to millions from a million on.

    >>> compact(9108) == number(9108), compact(86_040_000)
    (True, '86 млн')
    """
    return number(value) if value < 1_000_000 else f"{number(value / 1e6, 1)} {translate('m')}"


def _mark() -> str:
    return "." if language() == "en" else ","


def percent(value: float | Decimal | None, decimals: int = 1) -> str:
    """
    A share of a hundred.

    >>> percent(None), percent(12.0)
    ('—', '12%')
    """
    return "—" if value is None else f"{number(value, decimals)}%"


def money(amount: Decimal | float | None, currency: str = "RUB", *, short: bool = False) -> str:
    """An amount with its currency; *short* abbreviates millions."""
    if amount is None:
        return "—"
    if currency == NO_CURRENCY:
        return print_number(amount, mark=_mark(), decimals=2)
    return print_amount(amount, currency, mark=_mark(), millions=translate("m") if short else None, decimals=2)


def price_of(
    row: Property | Lead, amount: Decimal | float | None = None, currency: str | None = None, *, short: bool = False
) -> str:
    """
    The price of a property, or an amount of a lead, as all pages write it; a rent is marked as monthly.

    Args:
        row: A property, whose price is shown unless *amount* is given; or a lead.
        amount: Another price of the same deal, such as a former price or an end of a budget.
        currency: The currency of *amount*, if it differs from the row's.
    """
    if amount is None:
        amount = getattr(row, "price", None)
    text = money(amount, currency or row.currency, short=short)
    if amount is None or row.deal_type is not DealType.RENT:
        return text
    return translate("{sum} a month", sum=text)


def budget_of(lead: Lead) -> str:
    """A lead's budget in short form; a dash if none was stated."""
    text = span(lead.budget_min, lead.budget_max, lambda value: money(value, lead.currency, short=True))
    return translate("{sum} a month", sum=text) if text != "—" and lead.deal_type is DealType.RENT else text


def town_of(row: Property | Lead) -> str:
    """The town of a lead or property, by its name in the page's language."""
    return town_called(row.city, row.city_key)


def town_called(written: str, key: str) -> str:
    """The town of a market, by its name in the page's language."""
    return town_name(written, key, language())


def towns_by_key(written: Mapping[str, str]) -> dict[str, str]:
    """
    Key -> name of towns in the page's language.

    Args:
        written: Key -> the name as people write it. Towns of the same name keep it, because it distinguishes them by
            the region.
    """
    named = {key: town_called(name, key) for key, name in written.items()}
    users_by_name = Counter(named.values())
    return {key: name if users_by_name[name] == 1 else written[key] for key, name in named.items()}


def span(low: Decimal | None, high: Decimal | None, show: Callable[[Decimal], str]) -> str:
    """A range with either end open; an end of 0 is open."""
    if low and high:
        return f"{show(low)} – {show(high)}"
    if high:
        return translate("up to {value}", value=show(high))
    return translate("from {value}", value=show(low)) if low else "—"


def when(moment: datetime | None, *, seconds: bool = False) -> Markup:
    """A moment in UTC; scripts convert it to the reader's time zone."""
    if moment is None:
        return Markup("—")
    moment = moment.astimezone(UTC)
    text = f"{moment:%d %b %Y, %H:%M}" if language() == "en" else f"{moment:%d.%m.%Y %H:%M}"
    if seconds:
        text += f":{moment:%S}"
    return Markup('<time datetime="{iso}" data-local{more} title="{text} UTC">{text}</time>').format(
        iso=f"{moment:%Y-%m-%dT%H:%M:%SZ}", text=text, more=Markup(" data-seconds") if seconds else ""
    )


def grade(percent: float) -> str:
    """
    >>> grade(91), grade(70), grade(12)
    ('good', 'fair', 'poor')
    """
    return "good" if percent >= GOOD else "fair" if percent >= FAIR else "poor"


def ring(score: float, size: int = 56) -> Markup:
    """A score of 0 to 100 as a ring with its number inside."""
    label = escape(translate("Score {score} of 100", score=number(score, 1)))
    return Markup(  # noqa: S704 - only numbers, and an escaped label
        f'<svg class="ring {grade(score)}" width="{size}" height="{size}" viewBox="0 0 36 36" role="img" '
        f'aria-label="{label}"><circle class="track" cx="18" cy="18" r="{RADIUS}"/>'
        f'<circle class="fill" cx="18" cy="18" r="{RADIUS}" '
        f'stroke-dasharray="{score:.1f} 100" transform="rotate(-90 18 18)"/>'
        f'<text x="18" y="18">{score:.0f}</text></svg>'
    )


def bar(percent: float, kind: str | None = None) -> Markup:
    """A share of 0 to 100 per cent as a bar; screen readers read the number beside it."""
    return _bar(round(max(0.0, min(100.0, percent))), kind or grade(percent))


@functools.cache
def _bar(percent: int, kind: str) -> Markup:
    # Cached: a page of a hundred cards has several hundred bars, but few different ones.
    return Markup(
        '<svg class="bar {}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="6"/><rect class="fill" width="{}" height="6"/></svg>'
    ).format(kind, percent)


def title_of(listing: Property) -> str:
    """A property in a few words: kind, rooms and area. Owners' own titles are shown below it."""
    kind = word(listing.property_type)
    if listing.property_type in (PropertyType.APARTMENT, PropertyType.APARTMENTS) and listing.rooms is not None:
        of_rooms = translate("{rooms}-room {kind}", rooms=listing.rooms, kind=kind.lower())
        kind = translate("Studio") if listing.rooms == 0 else of_rooms
    return f"{kind}, {number(listing.area, 1)}\u00a0{translate('m²')}" if listing.area else kind


def phone_text(phone: str) -> str:
    """A phone in groups of digits.

    >>> phone_text("+77011234567"), phone_text("+70")
    ('+7 701 123 4567', '+70')
    """
    contacts = read_contacts(phone)
    return contacts[0].text if contacts else phone


def precision_for_visitor(
    listing: Property, usual: AddressPrecision = AddressPrecision.EXACT, *, in_contact: bool = False
) -> AddressPrecision:
    """
    How precisely the visitor sees a property's address. Its owner and users *in_contact* see all of it. Others see it
    with the precision that its owner chose, otherwise with the page's *usual* precision.
    """
    user = visitor_or_none() if has_request_context() else None
    is_own = user is not None and getattr(listing, "owner_id", None) == user.id
    # Templates pass the usual precision as a word.
    return AddressPrecision.EXACT if is_own or in_contact else precision_of(listing, AddressPrecision(usual))


def location_label(
    listing: Property, usual: AddressPrecision = AddressPrecision.EXACT, *, in_contact: bool = False
) -> str:
    """
    A property's place, the widest part first, as precisely as the visitor may see it (:func:`precision_for_visitor`).
    """
    precision = precision_for_visitor(listing, usual, in_contact=in_contact)
    metro = translate("metro {name}", name=listing.metro_station) if listing.metro_station else None
    town = town_of(listing)
    parts = [town, listing.district, metro, shown_street(listing, precision)]
    if not any(parts[1:]) and listing.location:
        named_parts = [town if part == listing.city else part for part in shown_location(listing, precision)]
        return ", ".join(named_parts) or town
    return ", ".join(filter(None, parts))


def public_address(listing: Property) -> list[str]:
    """The parts of an address that everybody may see, the widest first; the town by its name in the page's language."""
    return shown_address(listing, language=language())


def drawing_of(listing: Property) -> str:
    """
    The drawing of homes.svg that replaces a missing photo of *listing*; apartment buildings vary, so that lists are not
    monotonous.
    """
    kinds = {PropertyType.HOUSE: "house", PropertyType.TOWNHOUSE: "row", PropertyType.COMMERCIAL: "shop"}
    return kinds.get(listing.property_type) or f"flat-{listing.id % 3}"


def photo_of(listing: Property) -> str | None:
    """The first photo that a page may show; None without one."""
    return next(iter(photos_of(listing)), None)


def photos_of(listing: Property) -> list[str]:
    """The photos that a page may show: our own and those with https addresses."""
    return [link for link in shown_photos(listing) if link.startswith(("https://", "/media/"))]


def advert_of(listing: Property) -> str | None:
    """The address of the property's own advert, if its source gave one that a page may link to."""
    link = listing.attributes.get("url")
    return link if isinstance(link, str) and link.startswith(("https://", "http://")) else None
