"""The served application: its assembly, gunicorn, health checks."""
