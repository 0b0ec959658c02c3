"""The errors of the embedded server.

Exception
+-- StartError     the server cannot start: one sentence for the terminal
`-- ServingError   a request or a load failed: a canonical status code and a message, as in TF-Serving
"""

import enum


class Code(enum.IntEnum):
    """The canonical status codes, with the numbers of TensorFlow and gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


HTTP_STATUS = {
    Code.OK: "200 OK",
    Code.CANCELLED: "499 Client Closed Request",
    Code.INVALID_ARGUMENT: "400 Bad Request",
    Code.FAILED_PRECONDITION: "400 Bad Request",
    Code.OUT_OF_RANGE: "400 Bad Request",
    Code.UNAUTHENTICATED: "401 Unauthorized",
    Code.PERMISSION_DENIED: "403 Forbidden",
    Code.NOT_FOUND: "404 Not Found",
    Code.ALREADY_EXISTS: "409 Conflict",
    Code.ABORTED: "409 Conflict",
    Code.RESOURCE_EXHAUSTED: "429 Too Many Requests",
    Code.UNKNOWN: "500 Internal Server Error",
    Code.INTERNAL: "500 Internal Server Error",
    Code.DATA_LOSS: "500 Internal Server Error",
    Code.UNIMPLEMENTED: "501 Not Implemented",
    Code.UNAVAILABLE: "503 Service Unavailable",
    Code.DEADLINE_EXCEEDED: "504 Gateway Timeout",
}


class StartError(Exception):
    """The server cannot start; `str()` is the sentence to print."""


class ServingError(Exception):
    """A request or a load that failed; `str()` is the message, `code` decides the HTTP status."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])

    @property
    def status(self) -> str:
        """The code and the message in one line, as TF-Serving embeds one error in another."""
        return f"{self.code.name}: {self}"


def invalid(message: str) -> ServingError:
    """Return an INVALID_ARGUMENT error (HTTP 400)."""
    return ServingError(Code.INVALID_ARGUMENT, message)


def not_found(message: str) -> ServingError:
    """Return a NOT_FOUND error (HTTP 404)."""
    return ServingError(Code.NOT_FOUND, message)


def servable_not_found(name: str, number: int | None) -> ServingError:
    """Return the error for a model or version (None: the highest) that is not served, not yet, or no longer."""
    wanted = f"Latest({name})" if number is None else f"Specific({name}, {number})"
    return not_found(f"Servable not found for request: {wanted}")


def unknown_label(label: str) -> ServingError:
    """Return the error for a label that the model's configuration does not assign."""
    return invalid(f"Unrecognized servable version label: {label}")
