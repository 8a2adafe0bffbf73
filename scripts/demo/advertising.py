"""Add advertising to the demo: niches with campaigns, three months of their ads' figures, and prospects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy.orm import Session

from models.core.base import utc_now
from models.leadgen.ads import Ad, AdSpend, AdStatus, change_ad, create_ad
from models.leadgen.campaigns import Campaign, CampaignStatus, Platform, change_status, create_campaign
from models.leadgen.messages import Sender, add_message
from models.leadgen.niches import Niche, NicheStatus, change_niche, create_niche
from models.leadgen.prospects import Prospect, ProspectStatus, add_prospect
from models.leadgen.prospects import change_status as change_prospect
from scripts.demo.texts import person

HISTORY_DAYS = 90
#: Factors of the weekdays: fewer people view adverts of homes on Saturdays and Sundays.
OF_WEEKDAYS = (1.0, 1.05, 1.05, 1.0, 0.9, 0.7, 0.75)


@dataclass(frozen=True)
class Channel:
    """A campaign on one platform, with its usual figures."""

    platform: Platform
    name: str
    titles: tuple[str, ...]
    impressions: int  #: Per day, of the whole campaign.
    ctr: float  #: Clicks per impression.
    click_cost: float  #: In the niche's currency.


@dataclass(frozen=True)
class Scenario:
    """A niche with its campaigns and the prospects that they bring."""

    name: str
    category: str
    currency: str
    cpl_target: int
    roi_target: int
    budget: int  #: Of each campaign.
    prospects: int
    budgets: tuple[int, ...]  #: Of prospects.
    fee: float  #: Revenue of a won prospect, as a share of the budget.
    questions: tuple[str, ...]
    channels: tuple[Channel, ...]


SCENARIOS = (
    Scenario(
        "Студии у метро, Москва",
        "Жильё",
        "RUB",
        3000,
        120,
        250_000,
        96,
        (7_500_000, 8_900_000, 10_500_000, 12_000_000),
        0.02,
        (
            "Здравствуйте! Ещё актуально?",
            "Можно посмотреть в субботу?",
            "А ипотека подходит? Одобрение есть.",
            "Ищу студию до 9 млн, первый взнос 2 млн. Что посоветуете?",
            "Сколько идти до метро пешком?",
        ),
        (
            Channel(
                Platform.AVITO, "Авито — студии", ("Студия у метро от 7,5 млн", "Студии с отделкой"), 3100, 0.021, 27
            ),
            Channel(Platform.VK, "VK — первая квартира", ("Первая квартира: студия в ипотеку",), 5200, 0.009, 31),
        ),
    ),
    Scenario(
        "Коммерция, Алматы",
        "Коммерция",
        "KZT",
        15_000,
        200,
        550_000,
        44,
        (350_000, 500_000, 800_000, 1_400_000),
        0.5,
        (
            "Здравствуйте! Помещение свободно?",
            "Какая высота потолков и есть ли отдельный вход?",
            "Нужно 80–100 м² под кофейню, с вытяжкой.",
            "Сколько аренда в месяц вместе с коммуналкой?",
            "Можно посмотреть завтра после обеда?",
        ),
        (
            Channel(Platform.OLX, "OLX — помещения", ("Помещение на первой линии", "Офис 60 м²"), 1900, 0.017, 130),
            Channel(Platform.TELEGRAM, "Telegram — бизнес-каналы", ("Аренда под кофейню и магазин",), 2400, 0.008, 155),
        ),
    ),
)
ANSWERS = (
    "Здравствуйте! Да, актуально. Когда вам удобно посмотреть?",
    "Добрый день! Да, подходит. Оставите телефон, чтобы договориться о показе?",
    "Здравствуйте! Пришлю подборку с ценами и планировками, какой у вас бюджет?",
)
REPLIES = ("Спасибо, подумаю.", "Давайте завтра в шесть.", "Хорошо, мой номер тот же.", "Дороговато…")


def add_advertising(session: Session, rng: Random) -> None:
    """Add the niches of SCENARIOS with their campaigns, ads and prospects."""
    now = utc_now()
    for scenario in SCENARIOS:
        fields = {
            "name": scenario.name,
            "category": scenario.category,
            "currency": scenario.currency,
            "cpl_target": Decimal(scenario.cpl_target),
            "roi_target": Decimal(scenario.roi_target),
        }
        niche = create_niche(session, fields)
        change_niche(session, niche, {"status": NicheStatus.ACTIVE})
        sources = [
            (ad, channel.platform)
            for channel in scenario.channels
            for ad in _add_ads(session, rng, niche, channel, scenario.budget, now.date())
        ]
        for _ in range(scenario.prospects):
            _add_prospect(session, rng, *rng.choice(sources), scenario, now)


def _add_ads(session: Session, rng: Random, niche: Niche, channel: Channel, budget: int, today: date) -> Iterator[Ad]:
    """Add a campaign and its ads with their figures; yields the ads."""
    campaign: Campaign = create_campaign(
        session,
        {
            "niche_id": niche.id,
            "name": channel.name,
            "platform": channel.platform,
            "budget": Decimal(budget),
            "start_date": today - timedelta(days=HISTORY_DAYS),
        },
    )
    change_status(session, campaign, CampaignStatus.ACTIVE)
    for index, title in enumerate(channel.titles):
        ad = create_ad(session, campaign, {"title": title, "text": None, "url": None})
        share = 1 if len(channel.titles) == 1 else 0.65 if index == 0 else 0.35
        _add_days(session, rng, ad, channel, share, today)
        change_ad(session, ad, {"status": AdStatus.ACTIVE})
        yield ad


def _add_days(session: Session, rng: Random, ad: Ad, channel: Channel, share: float, today: date) -> None:
    """Add daily figures, which grow by half over the history, are lower at weekends, and vary randomly."""
    shown = clicked = 0
    for days_ago in range(HISTORY_DAYS, 0, -1):
        day = today - timedelta(days=days_ago)
        growth = 1 + 0.5 * (1 - days_ago / HISTORY_DAYS)
        usual = channel.impressions * share * growth * OF_WEEKDAYS[day.weekday()]
        impressions = round(usual * rng.uniform(0.8, 1.2))
        clicks = round(impressions * channel.ctr * rng.uniform(0.8, 1.2))
        amount = Decimal(clicks * channel.click_cost * rng.uniform(0.9, 1.1)).quantize(Decimal(1))
        session.add(AdSpend(ad_id=ad.id, day=day, amount=amount, impressions=impressions, clicks=clicks))
        shown, clicked = shown + impressions, clicked + clicks
    # The columns contain the sums of the days, which have been added already.
    ad.impressions, ad.clicks = shown, clicked
    session.flush()


def _add_prospect(session: Session, rng: Random, ad: Ad, platform: Platform, scenario: Scenario, now: datetime) -> None:
    """Add a prospect of the ad with a short conversation; older prospects have a more advanced status."""
    budget = rng.choice((None, *scenario.budgets))
    contact = {
        "ad_id": ad.id,
        "name": person(rng),
        "phone": f"+7002{rng.randrange(10**7):07}" if rng.random() < 0.7 else None,
        "source": platform,
        "platform_user_id": f"user{rng.randrange(10**9)}",
        "budget": None if budget is None else Decimal(budget),
        "notes": None,
    }
    prospect: Prospect = add_prospect(session, contact).prospect
    age = rng.triangular(0.02, HISTORY_DAYS - 1, 4)  # days; most are recent, as the ads grow
    prospect.created_at = moment = now - timedelta(days=age)
    session.flush()
    lines = [(Sender.LEAD, rng.choice(scenario.questions))]
    if age > 0.5 and rng.random() < 0.8:
        lines += [(Sender.BOT, rng.choice(ANSWERS)), (Sender.LEAD, rng.choice(REPLIES))]
    for sender, text in lines:
        message = add_message(session, prospect.id, text, sender, platform)
        message.created_at = moment
        moment += timedelta(minutes=rng.uniform(1, 9))
    chances = (8, 3, 1, 2, 0, 0, 1) if age < 3 else (1, 3, 4, 3, 1, 6, 1)
    status = rng.choices(list(ProspectStatus), chances)[0]
    if status is ProspectStatus.WON:
        sum_of_deal = budget or scenario.budgets[0]
        change_prospect(session, prospect, status, Decimal(round(sum_of_deal * scenario.fee)))
    elif status is not ProspectStatus.NEW:
        change_prospect(session, prospect, status)
