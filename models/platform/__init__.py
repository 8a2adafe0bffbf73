"""What the system runs on: settings, database connections, logs, traces, file storage."""
