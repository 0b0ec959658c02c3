"""Cleaning a corpus: steps, the stages they run in, what they did."""
