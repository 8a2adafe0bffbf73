"""Pages of who owns listings: how these are received, inquiries and answers."""
