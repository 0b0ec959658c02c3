"""Code shared by the model and the backend: text, tokens and sampling. Needs nothing but Python and numpy."""
