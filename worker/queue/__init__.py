"""Asking workers for work; all that the API may import of this package."""
