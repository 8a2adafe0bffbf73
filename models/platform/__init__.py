"""Infrastructure: settings, database connections, logs, traces, file storage."""
