"""Public pages: the search over all homes on the market, a home, and files for search engines."""
