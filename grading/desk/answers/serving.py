"""The page on this machine's loopback, for whoever knows the token in its address, and for no page from elsewhere."""

import hmac
import json
import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from cs231n._reading import whole
from grading.books.marking import Change, Mark
from grading.desk.answers import Desk, page, plots
from grading.desk.questions import Question
from grading.desk.text import clean_text
from grading.errors import KitError

HOST = "127.0.0.1"
MOST = 2_000_000                 # bytes of a request
SILENT = 100                     # connections of which no request has come; a browser has six


class Server(ThreadingHTTPServer):
    """`address` is where the page of the desk's first question is; port 0: any that is free."""

    daemon_threads = True

    def __init__(self, desk: Desk, first: Question, port: int = 0):
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise KitError(f"port {port} of {HOST} cannot be used: {error.strerror}. Name another, or leave --port out "
                           "for any that is free.") from None
        self.desk, self.token = desk, secrets.token_urlsafe(24)
        self.asked = {one.name: one for one in desk.asked}
        self.address = f"http://{HOST}:{self.server_port}/{self.token}/{first.name}"
        self._silent: dict[socket.socket, None] = {}         # of whom no request has come yet, in order
        self._lock = Lock()

    def process_request(self, request, client_address) -> None:
        """Whoever is on this machine can connect, and never say a word: each new one then costs the oldest of those."""
        with self._lock:
            self._silent[request] = None
            if len(self._silent) > SILENT:
                oldest = next(iter(self._silent))
                del self._silent[oldest]
                with suppress(OSError):                      # it has gone by itself
                    oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def heard(self, request: socket.socket) -> None:
        """A request has come, or there will be none."""
        with self._lock:
            self._silent.pop(request, None)

    def shutdown_request(self, request) -> None:
        self.heard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address) -> None:
        """Nothing of a browser that has gone away; a fault of ours is told in one line, and the others are served."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(clean_text(f"kit: a request of the page failed ({type(error).__name__}: {error}). What was entered "
                             "before stays; load the page again."), file=sys.stderr, flush=True)


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, sentence: str):
        super().__init__(sentence)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 60

    def do_GET(self) -> None:
        self._answer(self._shown)

    def do_POST(self) -> None:
        self._answer(self._entered)

    def _answer(self, make: Callable[[], tuple[str, list[bytes]]]) -> None:
        self.server.heard(self.connection)
        try:
            kind, content = make()
            status = HTTPStatus.OK
        except _Refused as refused:
            status, (kind, content) = refused.status, _sentence(refused)
        except KitError as error:
            status, (kind, content) = HTTPStatus.SERVICE_UNAVAILABLE, _sentence(error)
        self.send_response(status)
        for name, value in (("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(sum(map(len, content)))),
                            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                            ("X-Frame-Options", "DENY"), ("Content-Security-Policy", "frame-ancestors 'none'"),
                            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
                            ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        for piece in content:
            self.wfile.write(piece)

    def _shown(self) -> tuple[str, list[bytes]]:
        question, rest = self._place()
        if rest == "":
            return "text/html", page(self.server.desk, question, live=True)
        marking = self.server.desk.marking(question)
        if rest == "marks":
            return _as_json(marking.marks())
        if rest.startswith("plots/"):
            student = next((one.student for one in marking.answers() if one.id == rest.removeprefix("plots/")), None)
            if student is not None:
                return _as_json(plots(self.server.desk, question, student))
        raise _Refused(HTTPStatus.NOT_FOUND, "there is no such page here")

    def _entered(self) -> tuple[str, list[bytes]]:
        question, rest = self._place()
        if rest != "marks":
            raise _Refused(HTTPStatus.NOT_FOUND, "nothing is entered here")
        if self.headers.get_content_type() != "application/json":
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "marks come as JSON")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > len(str(MOST)) or int(length) > MOST:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has a length, of at most {MOST} bytes")
        try:
            changes = [_change(one) for one in json.loads(self.rfile.read(int(length)))]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _Refused(HTTPStatus.BAD_REQUEST, "this is no list of marks") from None
        return _as_json(self.server.desk.marking(question).enter(changes))

    def _place(self) -> tuple[Question, str]:
        """Which question, and what of it; raises for whoever may not ask."""
        own = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        if self.headers.get_all("Host", []) not in [[one] for one in own]:
            raise _Refused(HTTPStatus.FORBIDDEN, "this server has another name")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in own \
                or self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise _Refused(HTTPStatus.FORBIDDEN, "only its own page may ask")
        token, _, place = self.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            raise _Refused(HTTPStatus.FORBIDDEN, "the address lacks its token; take the one that kit answers printed")
        name, _, rest = place.partition("/")
        if name not in self.server.asked:
            raise _Refused(HTTPStatus.NOT_FOUND, "there is no such question")
        return self.server.asked[name], rest

    def log_message(self, *_) -> None:
        """Nothing: a terminal full of requests helps nobody, and the address in it is a secret."""


def _sentence(error: Exception) -> tuple[str, list[bytes]]:
    return "text/plain", [str(error).encode("utf-8", "replace")]


def _as_json(value: object) -> tuple[str, list[bytes]]:
    return "application/json", [json.dumps(value).encode()]


def _change(one: dict) -> Change:
    score, comment, waits = one["score"], one["comment"], one.get("waits")
    seen = Mark(*one["seen"])
    for number in (score, seen.score):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
            raise ValueError(number)
    for words in (comment, seen.comment):
        if words is not None and not isinstance(words, str):
            raise ValueError(words)
    if not isinstance(one["id"], str) or not isinstance(one["digest"], str) or waits not in (None, True, False):
        raise ValueError(one)
    seen = Mark(seen.score, seen.comment or None, bool(seen.waits))
    return Change(one["id"], one["digest"], seen, score, comment and whole(comment), waits)
