"""Actions of users on pairs: likes and dislikes, matches, inquiries, chats, the feed."""
