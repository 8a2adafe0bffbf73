"""Users: identity, sign-in, sessions, notifications, audit."""
