"""The served application: put together, run by gunicorn, watched."""
