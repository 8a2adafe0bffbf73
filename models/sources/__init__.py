"""Sources of listings: feeds and files, their formats, and their conversion to properties."""
