"""The embedded server: SavedModels over TF-Serving's REST API, without Docker. See `python -m serving --help`."""
