"""
The portal: signing in by a code, a developer's property with a picture, a buyer's request, a chat.
python portal.py http://127.0.0.1:8000        needs leadmatch-client (clients/python), and ENVIRONMENT=local
"""

import base64
import io
import sys
import uuid

from leadmatch_client import Leadmatch
from leadmatch_client.generated.api.chat import list_chats, open_chat
from leadmatch_client.generated.api.portal_auth import activate_user, log_in_by_code, register_by_phone
from leadmatch_client.generated.api.portal_properties import create_portal_property
from leadmatch_client.generated.api.portal_requests import create_request, list_requests
from leadmatch_client.generated.api.portal_users import get_portal_profile
from leadmatch_client.generated.models import (
    ChatBody,
    ChatMade,
    CodeSent,
    Message,
    PortalSignUpRole,
    PortalUser,
    Proof,
    PropertyMade,
    RequestBody,
    RequestMade,
    SignUp,
    Token,
    WholePropertyForm,
)
from leadmatch_client.generated.types import File

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def person(first_name: str, role: PortalSignUpRole) -> Leadmatch:
    """Somebody new. The code comes by SMS; a local system answers it as well."""
    phone = f"+7705{uuid.uuid4().int % 10**7:07}"
    with Leadmatch(URL) as stranger:
        body = SignUp(phone=phone, first_name=first_name, last_name="Ким", role=role)
        proof = Proof(phone=phone, activation_code=str(stranger.call(CodeSent, register_by_phone.sync, body=body).code))
        stranger.call(Message, activate_user.sync, body=proof)
        token = stranger.call(Token, log_in_by_code.sync, body=proof)
    return Leadmatch(URL, token=token.access_token)


seller, buyer = person("Елена", PortalSignUpRole.DEVELOPER), person("Олег", PortalSignUpRole.USER)
home = seller.call(
    PropertyMade,
    create_portal_property.sync,
    body=WholePropertyForm(
        deal_format="хочу продать",
        type_="квартира",
        subtype="апартаменты",
        condition="с ремонтом",
        entry_year=2026,
        entry_quarter=2,
        purpose="для проживания",
        location="ул. Назарбаева, 7, Атырау",
        price=52_000_000,
        currency="тенге",
        title="Студия у реки",
        description="Светлая, с балконом.",
        images=[File(io.BytesIO(base64.b64decode(PIXEL)), "pixel.png", "image/png")],
    ),
)
wish = RequestBody(
    city="Атырау",
    deal_format="хочу купить",
    type_="квартира",
    budget_min=40_000_000,
    budget_max=60_000_000,
    currency="тенге",
    wishes="с балконом",
)
buyer.call(RequestMade, create_request.sync, body=wish)
[request, *_] = buyer.call(list, list_requests.sync)
print("looks in", request.city, request.status)

# Messages travel over a WebSocket, /chat/ws/{id}; what was said is read over HTTP too.
buyer_id, seller_id = (each.call(PortalUser, get_portal_profile.sync).id for each in (buyer, seller))
body = ChatBody(buyer_id=buyer_id, seller_id=seller_id, property_id=home.id)
chat = buyer.call(ChatMade, open_chat.sync, body=body)
[title] = [each.property_title for each in seller.call(list, list_chats.sync) if each.id == chat.id]
print("chat", title)
