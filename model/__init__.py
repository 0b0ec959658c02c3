"""The language model: from texts to a SavedModel."""
