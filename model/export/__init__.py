"""The forms in which a release is served: SavedModel and LiteRT."""
