"""Texts for training: reading and splitting them."""
