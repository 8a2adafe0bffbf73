"""Pages for tenants: the feed, favourites, inquiries, chats."""
