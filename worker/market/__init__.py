"""A market in memory: loaded, kept up to date, cached."""
