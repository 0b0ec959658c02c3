"""Measurements; each is a command that prints a table. Alternatives are measured in turn within one run."""
