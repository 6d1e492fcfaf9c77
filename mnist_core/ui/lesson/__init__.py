"""The Class and Join pages: what a teacher leads, and what pupils take part in."""
