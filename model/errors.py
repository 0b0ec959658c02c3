"""What can go wrong for the person at the command line."""


class ModelError(Exception):
    """A sentence for the user: what is wrong, and where. Never shown as a traceback."""
