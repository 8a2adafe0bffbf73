"""The Celery application and the surroundings of every task."""
