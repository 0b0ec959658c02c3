"""Corpora for training: collecting, reading and splitting texts."""
