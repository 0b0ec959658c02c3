"""Measurements, each a command that prints a table. What is compared is measured in turns within one run."""
