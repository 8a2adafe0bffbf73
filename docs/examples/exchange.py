"""
The exchange: two realtors, a client's wish, a home, recommendations, a like from either side, a match.
python exchange.py http://127.0.0.1:8000        needs leadmatch-client (clients/python)
"""

import sys
import time
import uuid

from leadmatch_client import Leadmatch
from leadmatch_client.generated.api.auth import register
from leadmatch_client.generated.api.leads import create_lead_or_inquiry
from leadmatch_client.generated.api.matches import list_lead_matches
from leadmatch_client.generated.api.properties import create_property
from leadmatch_client.generated.api.recommendations import (
    act_on_recommended_lead,
    act_on_recommended_property,
    list_property_recommendations,
)
from leadmatch_client.generated.models import (
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
    WantedPropertyType,
)

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"


def realtor(name: str) -> Leadmatch:
    """A new realtor, signed in."""
    unique = uuid.uuid4()
    email, phone = f"{unique.hex}@example.com", f"+7701{unique.int % 10**7:07}"
    with Leadmatch(URL) as stranger:
        register.sync(
            client=stranger.client,
            body=TinderSignUp(role=SignUpRole.AGENT, name=name, email=email, phone=phone, password=PASSWORD),
        )
    return Leadmatch.sign_in(URL, email, PASSWORD)


buyers, sellers = realtor("Айгуль"), realtor("Борис")
home = PropertyBody(
    address=Address(city="Костанай", district="Центр", street="Байтурсынова", house_number="7"),
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
)
wish = LeadBody(
    client_name="Самат",
    requirements=Requirements(
        location=LeadLocation(city="Костанай", districts=["Центр"], metro_stations=[]),
        budget=Budget(min_=30_000_000, max_=45_000_000),
        area=AreaSpan(min_=50, max_=70),
        rooms=[2],
        property_type=WantedPropertyType.APARTMENT,
        property_class=PropertyClass.COMFORT,
        condition=Condition.FINISHING,
        payment_method=PaymentMethod.MORTGAGE,
    ),
)
property_id = int(sellers.call(PropertyCreated, create_property.sync, body=home).property_id)
lead_id = int(buyers.call(LeadCreated, create_lead_or_inquiry.sync, body=wish).lead_id)

# The lists follow a write within a second or so.
for _ in range(300):
    found = list(
        buyers.each(
            PropertyRecommendations,
            list_property_recommendations.sync,
            lead_id,
            items=lambda page: page.recommendations,
        )
    )
    if found:
        break
    time.sleep(0.2)
print("best", found[0].property_id, found[0].match_score)

# A like from one side is pending, from both a match: contacts are shared from now on.
like = ActionBody(action=RecommendationAction.LIKE, proposed_commission=2)
first = buyers.call(ActionAnswer, act_on_recommended_property.sync, lead_id, property_id, body=like)
second = sellers.call(ActionAnswer, act_on_recommended_lead.sync, property_id, lead_id, body=like)
print(first.status, second.status)
print("matched", buyers.call(LeadMatches, list_lead_matches.sync, lead_id).matches[0].match_id)
