"""
The main job of the exchange through the client that openapi-python-client generated: two realtors, a lead, a property,
recommendations, a like from either side, a match. Run by test_clients.py: main_job.py <url>.
"""

import sys
import time
import uuid

from leadmatch_client import AuthenticatedClient, Client
from leadmatch_client.api.auth import log_in, register
from leadmatch_client.api.leads import create_lead_or_inquiry
from leadmatch_client.api.matches import list_lead_matches
from leadmatch_client.api.properties import create_property
from leadmatch_client.api.recommendations import (
    act_on_recommended_lead,
    act_on_recommended_property,
    list_lead_recommendations,
    list_property_recommendations,
)
from leadmatch_client.models import (
    ActionAnswer,
    ActionBody,
    Address,
    AreaSpan,
    Budget,
    Condition,
    Details,
    LeadBody,
    LeadCreated,
    LeadLocation,
    LeadMatches,
    LeadRecommendations,
    LoginForm,
    MatchStatus,
    OfferedPropertyType,
    PaymentMethod,
    PropertyBody,
    PropertyClass,
    PropertyCreated,
    PropertyRecommendations,
    RecommendationAction,
    Requirements,
    SignUpRole,
    TinderSignUp,
    Token,
    WantedPropertyType,
)

PASSWORD = "correct horse battery"
WAIT_LIMIT = 60  # seconds


def signed_in(url: str, phone: str) -> AuthenticatedClient:
    """A new realtor's client."""
    client, email = Client(url), f"{uuid.uuid4().hex}@example.com"
    register.sync_detailed(
        client=client,
        body=TinderSignUp(role=SignUpRole.AGENT, name="Айгуль", email=email, phone=phone, password=PASSWORD),
    )
    token = log_in.sync(client=client, body=LoginForm(username=email, password=PASSWORD))
    assert isinstance(token, Token), token
    return AuthenticatedClient(url, token.access_token)


def main(url: str) -> None:
    buyers, sellers = signed_in(url, "+77011230001"), signed_in(url, "+77011230002")
    offered = create_property.sync(
        client=sellers,
        body=PropertyBody(
            address=Address(city="Алматы", district="Медеуский", street="Абая", house_number="7"),
            details=Details(
                price=40_000_000,
                area=60,
                rooms=2,
                floor=5,
                total_floors=9,
                property_type=OfferedPropertyType.APARTMENT,
                property_class=PropertyClass.COMFORT,
                condition=Condition.FINISHING,
            ),
            commission_share=2.5,
        ),
    )
    lead = create_lead_or_inquiry.sync(
        client=buyers,
        body=LeadBody(
            requirements=Requirements(
                location=LeadLocation(city="Almaty", districts=["Медеуский"], metro_stations=[]),
                budget=Budget(min_=30_000_000, max_=45_000_000),
                area=AreaSpan(min_=50, max_=70),
                rooms=[2],
                property_type=WantedPropertyType.APARTMENT,
                property_class=PropertyClass.COMFORT,
                condition=Condition.FINISHING,
                payment_method=PaymentMethod.MORTGAGE,
            )
        ),
    )
    assert isinstance(offered, PropertyCreated) and isinstance(lead, LeadCreated), (offered, lead)
    lead_id, property_id = int(lead.lead_id), int(offered.property_id)

    until = time.monotonic() + WAIT_LIMIT
    while True:
        page = list_property_recommendations.sync(lead_id, client=buyers)
        assert isinstance(page, PropertyRecommendations), page
        if page.recommendations:
            break
        assert time.monotonic() < until, "no recommendation came"
        time.sleep(0.3)
    assert page.recommendations[0].property_id == offered.property_id

    like = ActionBody(action=RecommendationAction.LIKE, proposed_commission=2)
    first = act_on_recommended_property.sync(lead_id, property_id, client=buyers, body=like)
    assert isinstance(first, ActionAnswer) and first.status is MatchStatus.PENDING, first
    seen = list_lead_recommendations.sync(property_id, client=sellers)
    assert isinstance(seen, LeadRecommendations), seen
    second = act_on_recommended_lead.sync(property_id, lead_id, client=sellers, body=like)
    assert isinstance(second, ActionAnswer) and second.status is MatchStatus.ACCEPTED, second

    matches = list_lead_matches.sync(lead_id, client=buyers)
    assert isinstance(matches, LeadMatches), matches
    print("matched", matches.matches[0].match_id)


main(sys.argv[1])
