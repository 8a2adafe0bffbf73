"""Sources of listings: owners' feeds and files, and the results of their imports."""
