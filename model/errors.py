"""The error that is shown to the user of the command line."""


class ModelError(Exception):
    """A sentence for the user that says what is wrong, and where. Never shown as a traceback."""
