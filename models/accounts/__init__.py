"""Users, how they prove who they are, and what is kept about what they did."""
