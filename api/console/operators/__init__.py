"""Pages for operators and administrators: the engine, runs, users, the audit log."""
