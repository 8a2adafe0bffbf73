"""Sources of listings: feeds and files, how they are read, and how what they say becomes properties."""
