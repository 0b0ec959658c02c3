"""Cleaning a corpus: the steps, the stages that they run in, and a report of their effects."""
