"""Pages for files and feeds: sources, mappings, reports."""
