"""Users and their ways in: identifiers and their proofs, sessions, links by e-mail."""
