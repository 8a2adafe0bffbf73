"""Pages for lead generation: niches, campaigns, prospects."""
