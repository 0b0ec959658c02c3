"""What the model and the backend share: text, tokens and the choice of the next one. Python and numpy only."""
