"""Sending tasks to workers; the only part of this package that the API may import."""
