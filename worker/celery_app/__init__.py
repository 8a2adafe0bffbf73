"""The Celery application and what surrounds every task."""
