"""
Lead generation: a niche, a campaign, a lead that an advertisement won, its conversation, its outcome.
API_KEY=... python leadgen.py http://127.0.0.1:8000        needs leadmatch-client (clients/python)
"""

import os
import sys
import uuid

from leadmatch_client import Leadmatch
from leadmatch_client.generated.api.leadgen_campaigns import create_ad, create_campaign
from leadmatch_client.generated.api.leadgen_leads import (
    add_prospect,
    add_prospect_message,
    change_prospect_status,
    list_prospect_messages,
    list_prospects,
)
from leadmatch_client.generated.api.leadgen_niches import create_niche
from leadmatch_client.generated.models import (
    AdRow,
    AdvertisingPlatform,
    CampaignBody,
    CampaignRow,
    Conversation,
    MessageAdded,
    MessageBody,
    MessageSender,
    NicheBody,
    NicheRow,
    ProspectAdded,
    ProspectBody,
    ProspectRow,
    ProspectStatus,
    ProspectStatusBody,
)

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
WHATSAPP = AdvertisingPlatform.WHATSAPP

with Leadmatch(URL, api_key=os.environ.get("API_KEY")) as leadmatch:
    niche = leadmatch.call(
        NicheRow, create_niche.sync, body=NicheBody(name="Ремонт квартир", category="repair", cpl_target=3000)
    )
    plan = CampaignBody(niche_id=niche.id, name="Весна", platform=AdvertisingPlatform.OLX, budget=50_000)
    campaign = leadmatch.call(CampaignRow, create_campaign.sync, body=plan)
    ad = leadmatch.call(AdRow, create_ad.sync, campaign.id, body={"title": "Ремонт под ключ"})

    # The same phone in the same niche is one lead with another touch, not another lead.
    won = ProspectBody(
        ad_id=ad.id,
        name="Иван",
        phone=f"+7777{uuid.uuid4().int % 10**7:07}",
        source=WHATSAPP,
        budget=900_000,
        notes="Двушка, к маю",
    )
    lead = leadmatch.call(ProspectAdded, add_prospect.sync, body=won)
    question = MessageBody(message="Сколько стоит двушка?", sender=MessageSender.LEAD, platform=WHATSAPP)
    leadmatch.call(MessageAdded, add_prospect_message.sync, lead.id, body=question)
    qualified = ProspectStatusBody(status=ProspectStatus.QUALIFIED)
    leadmatch.call(ProspectRow, change_prospect_status.sync, lead.id, body=qualified)

    for each in leadmatch.each(list, list_prospects.sync, niche_id=niche.id, items=list):
        print(each.name, each.status, each.quality_score)
    print("said", leadmatch.call(Conversation, list_prospect_messages.sync, lead.id).messages[0].message)
