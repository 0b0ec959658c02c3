"""Learning a vocabulary from texts."""
