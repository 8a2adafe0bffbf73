"""The Celery side: load, call matching, publish."""
