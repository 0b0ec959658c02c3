"""The socket that the server listens on."""

import socket

from serving.errors import StartError


def bind(address: str, port: int) -> socket.socket:
    """Return a bound socket that does not listen yet, so that connections are refused. Raises StartError."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(where)
    except OSError as error:
        message = f"Failed to start server. Error: cannot listen on {address}:{port}: {error.strerror}"
        raise StartError(message) from error
    return bound
