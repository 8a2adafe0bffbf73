"""Pages for realtors: leads, properties, recommendations, matches, selections for clients."""
