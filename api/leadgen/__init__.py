"""The lead generation contract: niches, campaigns, ads, leads (our prospects), and what they earn."""

from api.leadgen import ad_figures, campaigns, csv_export, csv_import, health, live, niches, prospects

BLUEPRINTS = (
    health.blp,
    niches.blp,
    campaigns.blp,
    prospects.blp,
    csv_import.blp,
    ad_figures.blp,
    csv_export.blp,
    live.blp,
)
