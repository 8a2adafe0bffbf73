"""A home's former prices and its other adverts, in the form that answers show."""

from typing import Any

from marshmallow import fields

from api.http.blueprint import Body
from api.http.fields import Moment, ShownCurrency, moment, shown_currency
from models.accounts.users import shown_name
from models.deals.recommendation_pages import Group, Recommended


class PricePoint(Body):
    """A price and the moment from which it applied."""

    price = fields.Float()
    currency = ShownCurrency()
    at = Moment()


class PriceCut(Body):
    """A disliked home is recommended again because its price has been cut since the dislike."""

    from_ = fields.Float(
        attribute="from", data_key="from", metadata={"description": "The price at the time of the dislike."}
    )
    to = fields.Float()
    at = fields.String(metadata={"description": "The moment of the price cut."})


class AdvertOwner(Body):
    """The owner of an advert."""

    realtor_id = fields.String()
    name = fields.String(allow_none=True, metadata={"description": "Shortened if it is a private person's."})
    agency = fields.String(allow_none=True)


class Advert(Body):
    """One of several adverts of a home."""

    property_id = fields.String()
    price = fields.Float()
    currency = ShownCurrency()
    owner = fields.Nested(AdvertOwner)


class AdvertsOfHome(Body):
    """The adverts of one home that are on the market, the cheapest first."""

    id = fields.String()
    adverts = fields.List(fields.Nested(Advert))


def shown_history(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The result of :func:`models.market.price_history.price_history`, in the form of an answer."""
    return [
        {"price": float(each["price"]), "currency": shown_currency(each["currency"]), "at": moment(each["at"])}
        for each in history
    ]


def of_home(entry: Recommended) -> dict[str, Any]:
    """`price_cut` and `group` of an entry of a lead's list, if it has them."""
    shown: dict[str, Any] = {"price_cut": entry.price_cut} if entry.price_cut else {}
    return shown | ({"group": shown_group(entry.group)} if entry.group else {})


def shown_group(group: Group) -> dict[str, Any]:
    return {
        "id": str(group.id),
        "adverts": [
            {
                "property_id": str(advert.property_id),
                "price": advert.price,
                "currency": shown_currency(advert.currency),
                "owner": {
                    "realtor_id": str(advert.owner.id),
                    "name": shown_name(advert.owner.name, advert.owner.role, in_contact=False),
                    "agency": advert.owner.agency_name,
                },
            }
            for advert in group.adverts
        ],
    }
