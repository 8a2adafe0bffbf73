"""What keeps the stored data right: erasure, retention, rules that must hold."""
