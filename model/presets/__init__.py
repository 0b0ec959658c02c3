"""Presets: a TOML file each, and what reads and checks them."""
