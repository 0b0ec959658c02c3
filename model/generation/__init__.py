"""Generation with a network in this process, without a server: one loop, many callers."""
