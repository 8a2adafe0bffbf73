"""The engine's input about leads and properties: plain values, and markets as arrays."""
