"""The folder of a release: loading it, making it, its card."""
