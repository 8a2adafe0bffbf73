"""Pages for owners of listings: views and likes of listings, inquiries and answers."""
