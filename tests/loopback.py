"""A server on loopback, for as long as a test needs one: what the small Hub and GitHub share."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietHandler(BaseHTTPRequestHandler, ABC):
    """Hands every request to `answer`, keeps its connections, and says nothing."""

    protocol_version = "HTTP/1.1"

    @abstractmethod
    def answer(self) -> None:
        """Answers the request that was read."""

    def do_GET(self) -> None:
        """The library's hook, as the next ones."""
        self.answer()

    do_HEAD = do_POST = do_PATCH = do_GET  # noqa: N815  (the names are theirs)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is theirs)
        """Says nothing; tests keep what they want to know."""


@contextmanager
def listening(handler: type[QuietHandler], **facts: object) -> Iterator[str]:
    """Runs a server until the block ends.

    Args:
        handler: answers requests.
        facts: attributes that every handler of this server has.

    Yields:
        Its address.
    """
    bound = type("_BoundHandler", (handler,), facts)
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
