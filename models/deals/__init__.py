"""What people do about pairs: actions, matches, inquiries, chats, the feed."""
