"""Pages for buyers: requests and their offers."""
