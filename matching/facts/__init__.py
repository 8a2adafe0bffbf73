"""What the engine is told of leads and properties: plain values, and markets as arrays."""
