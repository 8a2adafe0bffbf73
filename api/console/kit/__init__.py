"""Shared parts of all pages: access, templates, forms, words."""
