"""Creates the rows that tests of lead generation need, through the API."""

from models.platform.settings import Settings

CONTACT = {"name": "Иван Иванов", "phone": "+7 777 123 4567", "source": "whatsapp", "budget": 15000.0}


def send(client, method, path, expect=(200, 201), **request):
    """The answer's JSON; its status must be one of *expect*."""
    answer = client.open(path, method=method, **request)
    wanted = (expect,) if isinstance(expect, int) else expect
    assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
    return answer.get_json()


def make_niche(client, **fields):
    return send(client, "POST", "/api/niches", json={"name": "Ремонт", "category": "repair"} | fields)


def make_campaign(client, **fields):
    niche_id = fields.pop("niche_id", None) or make_niche(client)["id"]
    body = {"niche_id": niche_id, "name": "OLX", "platform": "olx", "budget": 50000}
    return send(client, "POST", "/api/campaigns", json=body | fields)


def make_ad(client, campaign_id=None, **fields):
    campaign_id = campaign_id or make_campaign(client)["id"]
    return send(client, "POST", f"/api/campaigns/{campaign_id}/ads", json={"title": "Быстрый ремонт"} | fields)


def make_contact(client, expect=(200, 201), **fields):
    return send(client, "POST", "/api/leads", expect, json=CONTACT | fields)


def production(environment: dict[str, str]) -> Settings:
    """Settings of a production system on the test's servers."""
    return Settings.from_env(
        environment
        | {
            "ENVIRONMENT": "production",
            "SMS_GATEWAY_URL": "smsc://login:password@smsc.kz",
            "SECRET_KEY": "q7Vw2-pLr9_XkTzB4mNcY8sHdG3fJ6aEuR5",
            "TELEGRAM_BOT_SECRET": "a-secret-of-the-bot-0123456789",
        }
    )
