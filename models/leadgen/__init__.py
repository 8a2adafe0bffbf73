"""Lead generation: niches, campaigns, ads, prospects and what they earn."""
