"""
Swiping: a landlord's listing, a tenant's preferences, the feed, a like, an inquiry.
python swipe.py http://127.0.0.1:8000        needs leadmatch-client (clients/python)
"""

import sys
import time
import uuid

from leadmatch_client import Leadmatch
from leadmatch_client.generated.api.auth import register
from leadmatch_client.generated.api.favorites import add_favorite
from leadmatch_client.generated.api.feed import act_on_listing, get_next_listing
from leadmatch_client.generated.api.inquiries import list_inquiries_for_me
from leadmatch_client.generated.api.leads import create_lead_or_inquiry
from leadmatch_client.generated.api.listings import create_listing
from leadmatch_client.generated.api.preferences import set_preferences
from leadmatch_client.generated.models import (
    FavoriteBody,
    FavoriteRow,
    FeedAction,
    FeedActionBody,
    InquiryBody,
    InquiryRow,
    Listing,
    ListingBody,
    ListingDealType,
    ListingType,
    Preference,
    PreferenceBody,
    ShownListing,
    SignedUp,
    SignUpRole,
    StatusOk,
    TinderSignUp,
)

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"


def person(name: str, role: SignUpRole) -> Leadmatch:
    """Somebody new. The registration answers with a token at once."""
    unique = uuid.uuid4()
    email, phone = f"{unique.hex}@example.com", f"+7702{unique.int % 10**7:07}"
    with Leadmatch(URL) as stranger:
        body = TinderSignUp(role=role, name=name, email=email, phone=phone, password="correct horse battery")
        token = stranger.call(SignedUp, register.sync, body=body).access_token
    return Leadmatch(URL, token=token)


landlord, tenant = person("Дана", SignUpRole.LANDLORD), person("Тимур", SignUpRole.TENANT)
flat = {"city": "Уральск", "deal_type": ListingDealType.RENT, "property_type": ListingType.FLAT}
listing = landlord.call(
    Listing, create_listing.sync, body=ListingBody(title="Двухкомнатная у парка", price=180_000, **flat)
)
tenant.call(Preference, set_preferences.sync, body=PreferenceBody(price_min=100_000, price_max=200_000, **flat))


def act(listing_id: int, action: FeedAction) -> None:
    tenant.call(StatusOk, act_on_listing.sync, body=FeedActionBody(listing_id=listing_id, action=action))


# The best listing that the tenant has not acted on; nothing once all are seen.
for _ in range(300):
    shown = get_next_listing.sync(client=tenant.client)
    if not isinstance(shown, ShownListing):
        time.sleep(0.2)
    elif shown.id == listing.id:
        print("shown", shown.title, shown.price)
        break
    else:  # somebody else's: not this one
        act(shown.id, FeedAction.DISLIKE)

tenant.call(FavoriteRow, add_favorite.sync, body=FavoriteBody(listing_id=listing.id))
act(listing.id, FeedAction.LIKE)
tenant.call(InquiryRow, create_lead_or_inquiry.sync, body=InquiryBody(listing_id=listing.id))
[asked, *_] = landlord.call(list, list_inquiries_for_me.sync)
print("asked about", asked.listing_id)
