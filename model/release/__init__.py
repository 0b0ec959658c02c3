"""A release's folder: reading it, making it, its card."""
