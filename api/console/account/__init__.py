"""Sign-in, the visitor's own account, notifications."""
