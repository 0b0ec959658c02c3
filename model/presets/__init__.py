"""Presets: one TOML file each, and the code that reads and validates them."""
