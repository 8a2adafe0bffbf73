"""Sources of listings: feeds and files that owners bring, and what their imports did."""
