"""Running the whole system on one machine: its servers, its processes, its home."""
