"""Waitress's connections, with JSON errors and a time limit for receiving a request."""

import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask

from serving.replies import error_reply

_RECEIVE_SECONDS = 10.0


class _RefusalTask(ErrorTask):
    """Renders what waitress itself refuses (a malformed head, a body too large) as a JSON error."""

    def execute(self) -> None:
        """Send the reply."""
        error: Any = self.request.error  # type: ignore[attr-defined]  # a parsed request, contrary to the stubs
        body = error_reply(f"{error.reason}: {error.body}").encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [*self.response_headers, ("Content-Type", "application/json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _RequestParser(HTTPRequestParser):
    def parse_header(self, header_plus: bytes) -> None:
        """Refuse what makes waitress raise: the URL `http://[`, a Content-Length of thousands of digits."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            message = "Invalid address or header"
            raise ParsingError(message) from error


class Channel(HTTPChannel):
    """One client's connection, closed if receiving a request takes longer than `_RECEIVE_SECONDS`."""

    parser_class = _RequestParser
    error_task_class = _RefusalTask
    _receiving_since = 0.0

    def readable(self) -> bool:
        """Return whether to read on; called in every iteration of the event loop."""
        now = time.monotonic()
        if self.request is None or not super().readable():  # no request has begun, or it is complete
            self._receiving_since = now
        self.will_close |= now - self._receiving_since > _RECEIVE_SECONDS
        return super().readable()
