"""Pages for anybody: the search over all homes on the market, a home, and what search engines read."""
