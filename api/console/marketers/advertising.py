"""The forms of lead generation: niches, campaigns and ads, by the bodies of its API."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from marshmallow import fields, validate

from api.console.kit.form_definitions import plain_text
from api.console.kit.forms import Control
from api.http.blueprint import Body, one_of
from api.http.fields import Text, money
from api.leadgen.campaigns import AdBody
from api.leadgen.niches import NICHE_CURRENCIES
from models.leadgen.ads import AdStatus
from models.leadgen.campaigns import CampaignStatus, Platform
from models.leadgen.niches import NicheStatus

Status = TypeVar("Status", bound=StrEnum)

NICHE = [
    Control("name", "Name of the niche"),
    Control("category", "Category"),
    Control("description", "Description", "long", required=False, wide=True),
    Control("currency", "Currency", "choice", choices=NICHE_CURRENCIES),
    Control("cpl_target", "Maximum cost per lead", "money", required=False),
    Control("roi_target", "Minimum return", "number", required=False, unit="%"),
]
NICHE_CHANGES = [*NICHE, Control("status", "State", "choice", choices=tuple(NicheStatus))]

_DATES = [
    Control("start_date", "First day", "date", required=False),
    Control("end_date", "Last day", "date", required=False),
]
CAMPAIGN = [
    Control("name", "Name of the campaign"),
    Control("platform", "Platform", "choice", choices=tuple(Platform)),
    Control("budget", "Budget", "money"),
    *_DATES,
]
CAMPAIGN_CHANGES = [
    Control("name", "Name of the campaign"),
    Control("budget", "Budget", "money"),
    *_DATES,
    Control("status", "State", "choice", choices=tuple(CampaignStatus)),
]

AD = [
    Control("title", "Title", wide=True),
    Control("text", "Text", "long", required=False, wide=True),
    Control("url", "Address of the ad", "url", required=False, wide=True),
    Control("spent", "Spent, total", "money", required=False, hint="Total cost of the ad so far."),
    Control(
        "spent_on",
        "Date",
        "date",
        required=False,
        hint="New amounts are booked on this day, or today if you leave it empty.",
    ),
    Control("impressions", "Impressions in all", "whole", required=False),
    Control("clicks", "Clicks, total", "whole", required=False),
]
AD_CHANGES = [*AD, Control("status", "State", "choice", choices=tuple(AdStatus))]


class NicheForm(Body):
    """The API's body with all fields always present: an empty field clears its value."""

    name = Text(200, required=True)
    category = Text(100, required=True)
    description = Text(5000, load_default=None)
    currency = fields.String(validate=validate.OneOf(NICHE_CURRENCIES), load_default=NICHE_CURRENCIES[0])
    cpl_target = money(load_default=None)
    roi_target = money(load_default=None)


class NicheChangesForm(NicheForm):
    status = one_of(NicheStatus, required=True)


class CampaignForm(Body):
    """A campaign's body without its niche, which is in the address."""

    name = Text(200, required=True)
    platform = one_of(Platform, required=True)
    budget = money(required=True)
    start_date = fields.Date(load_default=None)
    end_date = fields.Date(load_default=None)


class CampaignChangesForm(Body):
    name = Text(200, required=True)
    budget = money(required=True)
    start_date = fields.Date(load_default=None)
    end_date = fields.Date(load_default=None)
    status = one_of(CampaignStatus, required=True)


class AdChangesForm(AdBody):
    status = one_of(AdStatus, required=True)


class AdOfNicheForm(AdBody):
    campaign_id = fields.UUID(required=True)


def statuses_after(current: Status, moves: Mapping[Status, frozenset[Status]]) -> tuple[Status, ...]:
    """The statuses that may be chosen: the current one and its allowed successors."""
    return (current, *(status for status in type(current) if status in moves[current]))


def values_of(row: Any, controls: list[Control]) -> dict[str, str]:
    """The form's values of an existing row."""
    return {control.path: _text(getattr(row, control.path, None)) for control in controls}


def _text(value: Any) -> str:
    if isinstance(value, Decimal | float):
        return plain_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)
