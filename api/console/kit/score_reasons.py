"""The reasons behind a pair's score in words: the wanted value, the property's value, and how well they match."""

import functools
from collections.abc import Sequence

from markupsafe import Markup, escape

from api.console.kit.formatting import bar, budget_of, grade, location_label, number, price_of, span, town_of
from api.console.kit.i18n import language, translate, word
from api.console.kit.readings import describe_reading
from matching.engine.explain import CriterionShare, PairExplanation, WishShare
from models.core.enums import AddressPrecision
from models.market.leads import Lead
from models.market.properties import Property

NAMES = {
    "price": "Price",
    "location": "Place",
    "rooms": "Rooms",
    "area": "Area",
    "text": "Description",
    "property_class": "Class",
    "property_type": "Type",
    "condition": "Condition",
    "year": "Year built",
}
VERDICTS = {"good": "fits", "fair": "fits in part", "poor": "does not fit"}


#: Outcome of a wish -> its sign, its text, its CSS class.
OUTCOMES = {
    "met": ("✓", "met", "good"),
    "partly": ("≈", "met in part", "fair"),
    "not_met": ("✗", "not met", "poor"),
    "not_told": ("?", "not stated", "unknown"),
}


def render_reasons(
    lead: Lead,
    listing: Property,
    explanation: PairExplanation,
    *,
    level: int = 4,
    wishes_in_words: dict[str, str] | None = None,
) -> Markup:
    """
    The reasons behind the score of *lead* with *listing* (api.http.explanations): each wish with its outcome and the
    listing's words that decided it, then the criteria by descending weight, and the criteria that are left open.

    *level* is that of the heading; *wishes_in_words* caches the lead's wishes in words for its next pair.

    The result is markup rather than values for a template: a page of a hundred cards has nine hundred reasons, on which
    a template would spend half of the page's time.
    """
    shares = [share for share in explanation.criteria if share.criterion != "wish"]
    stated = sorted((share for share in shares if share.stated), key=lambda share: -share.weight)
    left = ", ".join(translate(NAMES[share.criterion]).lower() for share in shares if not share.stated)
    wish_texts = {} if wishes_in_words is None else wishes_in_words
    for share in stated:
        if share.criterion not in wish_texts:
            wish_texts[share.criterion] = str(escape(translate("wanted {wish}", wish=wish_of(share.criterion, lead))))
    reasons = "".join(_reason(listing, share, wish_texts[share.criterion]) for share in stated)
    more = f'<p class="small muted">{escape(translate("Left open: {names}", names=left))}</p>' if left else ""
    wishes = _wishes(listing, explanation.wishes, wish_texts)
    return Markup(  # noqa: S704 - every part is escaped where it is built
        f'<div class="score-reasons"><h{level}>{translate("Why this score")}</h{level}>'
        f"{wishes}{_place(explanation)}<ul>{reasons}</ul>{more}</div>"
    )


def count_reasons(explanation: PairExplanation) -> Markup:
    """How many wishes and stated criteria fit, fit in part, do not fit and are unknown, as signs: ``✓ 4 ✗ 1 ? 2``."""
    wishes = [OUTCOMES[share.outcome][2] for share in explanation.wishes]
    criteria = [
        grade(100 * share.value) if share.known else "unknown"
        for share in explanation.criteria
        if share.criterion != "wish" and share.stated
    ]
    kinds = [*wishes, *criteria]
    return _counts(language(), tuple((sign, look, kinds.count(look)) for sign, _, look in OUTCOMES.values()))


@functools.cache
def _counts(_language: str, counts: tuple[tuple[str, str, int], ...]) -> Markup:
    """The signs with their counts; cached, because many pairs have the same."""
    shown = (
        f'<span class="verdict {look}"><span aria-hidden="true">{sign} {count}</span>'
        f'<span class="visually-hidden">{translate(VERDICTS.get(look, "not stated"))}: {count}</span></span>'
        for sign, look, count in counts
        if count
    )
    return Markup(" ".join(shown))  # noqa: S704 - of our own words and numbers


def _wishes(listing: Property, shares: Sequence[WishShare], quotes: dict[str, str]) -> str:
    """Wishes with their outcome, unmet ones first, and the listing's own words that decided them."""
    if not shares:
        return ""
    order = list(OUTCOMES)[::-1]
    read = {fact["kind"]: fact for fact in listing.read_facts}
    rows = []
    for share in sorted(shares, key=lambda share: ("not_met", *order).index(share.outcome)):
        sign, verdict, look = OUTCOMES[share.outcome]
        reading = read.get(share.kind)
        quote = reading["quote"] if reading and reading["value"] == share.fact else None
        name = f"{share.kind} {share.value}"
        if name not in quotes:
            quotes[name] = str(escape(describe_reading(share.kind, share.value)))
        quoted = f' <q class="muted small">{escape(quote)}</q>' if quote else ""
        rows.append(
            f'<li class="wish {look}"><span aria-hidden="true">{sign}</span> '
            f"{quotes[name]}"
            f'<span class="visually-hidden">: {escape(translate(verdict))}</span>{quoted}</li>'
        )
    return f'<ul class="wishes">{"".join(rows)}</ul>'


def _place(explanation: PairExplanation) -> str:
    """How near a home outside the wanted places is to them."""
    place = explanation.place
    if place is None or place.relation != "near":
        return ""
    names = {"district": "a neighbouring district", "metro": "a neighbouring station", "spot": "near the point"}
    text = translate(names[place.kind])
    if place.km is not None:
        text = translate("{text}, about {km} km", text=text, km=number(max(place.km, 0.1), 1))
    return f'<p class="small near">{escape(text)}</p>'


def _reason(listing: Property, share: CriterionShare, wish: str) -> str:
    """One stated criterion: the property's value, the wanted value, how well they fit."""
    name, percent = share.criterion, 100 * share.value
    kind = grade(percent) if share.known else "unknown"
    verdict, fact = (VERDICTS[kind], fact_of(name, listing)) if share.known else ("not stated", translate("not stated"))
    if name == "text":
        fact = ""  # "Description: by its description, wanted ..." would repeat it
    before, after = _around(language(), name, verdict, kind, round(percent))
    return f'{before}{escape(fact)} <span class="muted">{wish}</span>{after}'


@functools.cache
def _around(_language: str, name: str, verdict: str, kind: str, percent: int) -> tuple[str, str]:
    """The markup before and after the two values of a reason; cached, because there are few different ones."""
    return (
        f'<li><span class="words"><b>{translate(NAMES[name])}:</b> ',
        f'</span><span class="verdict {kind}">{translate(verdict)}</span>{bar(percent, kind)}'
        f'<span class="visually-hidden">{percent}%</span></li>',
    )


def wish_of(name: str, lead: Lead) -> str:
    """The lead's wanted value of a criterion that it states."""
    match name:
        case "price":
            return budget_of(lead)
        case "location":
            metros = [translate("metro {name}", name=station) for station in lead.metro_stations]
            return _few([*lead.districts, *metros]) or town_of(lead)
        case "rooms":
            return rooms_of(lead.rooms)
        case "area":
            return f"{span(lead.area_min, lead.area_max, lambda value: number(value, 1))}\u00a0{translate('m²')}"
        case "text":
            return _short(lead.additional_requirements or "")
        case "year":
            return translate("from {value}", value=lead.year_min)
    return word(getattr(lead, name))


def fact_of(name: str, listing: Property) -> str:
    """A property's value of a criterion, if known."""
    match name:
        case "price":
            return price_of(listing, short=True)
        case "location":
            metro = translate("metro {name}", name=listing.metro_station) if listing.metro_station else None
            return ", ".join(filter(None, (listing.district, metro))) or location_label(
                listing, AddressPrecision.STREET
            )
        case "rooms":
            return rooms_of([] if listing.rooms is None else [listing.rooms])
        case "area":
            return f"{number(listing.area, 1)}\u00a0{translate('m²')}"
        case "text":
            return translate("by its description")
        case "year":
            return str(listing.year_built)
    return word(getattr(listing, name))


def rooms_of(counts: list[int]) -> str:
    """Wanted numbers of rooms in short form: ``studio, 1, 2``."""
    return ", ".join(translate("studio") if count == 0 else str(count) for count in sorted(counts)) or "—"


def _few(names: list[str], maximum: int = 3) -> str:
    shown = ", ".join(names[:maximum])
    return f"{shown} +{len(names) - maximum}" if len(names) > maximum else shown


def _short(text: str, maximum: int = 60) -> str:
    return text if len(text) <= maximum else text[: maximum - 1].rstrip() + "…"
