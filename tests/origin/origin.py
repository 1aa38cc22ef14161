#!/usr/bin/python3
"""A scripted HTTP/1.1 origin: does on demand what real servers do only on bad days.

As a library:

    with Origin() as origin:
        origin.put("/a.bin", Content(1, 500_000_000), plan=[dict(cut=1000, how="rst"), dict(status=503)])
        ...
        origin.wait_for(lambda log: len(log) >= 3)

A path has a Behaviour; each request to it takes the next entry of `plan` (a dict of fields to differ), then
the Behaviour as it is.  Every request is recorded.  Alone: `origin.py [--port N]` takes reports at any path
(200 to a POST) and prints one JSON line per request.
"""
import argparse
import base64
import dataclasses
import email.utils
import fcntl
import hashlib
import json
import random
import re
import select
import socket
import ssl
import struct
import sys
import termios
import threading
import time

BLOCK = 65536
PIECE = 65536


class Content:
    """Bytes that follow from a seed; any part is made when asked, so a big object needs no memory."""

    def __init__(self, seed, size):
        self.seed, self.size = seed, size
        self._base = random.Random(seed).randbytes(BLOCK)

    def __len__(self):
        return self.size

    def read(self, offset, n):
        """Bytes offset .. offset+n-1, cut at the end."""
        end = min(offset + n, self.size)
        parts = []
        while offset < end:
            number, at = divmod(offset, BLOCK)
            # The block's number makes blocks differ, so that bytes at a wrong place are noticed.
            block = struct.pack("<QQ", self.seed & (2**64 - 1), number) + self._base[16:]
            part = block[at:at + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def sha256(self):
        digest = hashlib.sha256()
        for at in range(0, self.size, 1 << 20):
            digest.update(self.read(at, 1 << 20))
        return digest.hexdigest()

    def write_to(self, path):
        with open(path, "wb") as f:
            for at in range(0, self.size, 1 << 20):
                f.write(self.read(at, 1 << 20))

    def bytes(self):
        return self.read(0, self.size)


class Fixed(Content):
    """Given bytes."""

    def __init__(self, data):
        self.size, self._data = len(data), bytes(data)

    def read(self, offset, n):
        return self._data[offset:offset + n]


DEFAULT_ETAG = object()


@dataclasses.dataclass(frozen=True)
class Behaviour:
    content: Content = Fixed(b"")
    type: str | None = "application/octet-stream"
    # A field value as sent, None for no ETag, or a function of the request's number (0, 1, ..) for one that changes.
    etag: object = DEFAULT_ETAG
    modified: float | None = 1_000_000_000.0  # Last-Modified, seconds since 1970
    date: float | None = None  # Date; None: now
    accept_ranges: str | None = "bytes"
    ranges: bool = True  # honour Range
    conditions: bool = True  # honour If-Match and If-Unmodified-Since
    # How a Range is answered: None as asked; "whole" 200; "shift" another start; "total" another total; "short" less
    # than asked; "multipart"; "bare" 206 without Content-Range; "nopin" 206 without ETag and Last-Modified
    range_answer: str | None = None
    framing: str = "length"  # "length", "chunked", "chunked-noend", "close"
    length: int | None = None  # a Content-Length that lies
    status: int | None = None  # this status with `body` instead of the content
    reason: str | None = None
    body: bytes = b""
    redirect: str | None = None  # Location, with status 302 unless `status` says another
    headers: tuple = ()  # further (name, value) pairs
    cut: int | None = None  # end the connection after so many bytes of content
    how: str = "fin"  # "fin" or "rst"
    stall: int | None = None  # stop after so many bytes of content, keep the connection
    rate: int | None = None  # bytes per second
    gate: threading.Event | None = None  # answer only when set
    never: bool = False  # read the request, never answer
    hang_up: bool = False  # end the connection without an answer
    login: str | None = None  # "user:password": 401 without it
    keep: bool = True  # keep the connection after the answer

    def etag_now(self, number):
        if self.etag is DEFAULT_ETAG:
            return f'"{getattr(self.content, "seed", 0)}-{self.content.size}"'
        return self.etag(number) if callable(self.etag) else self.etag


@dataclasses.dataclass
class Request:
    """One request as it came, and what became of it."""
    number: int
    connection: int
    method: str
    path: str
    headers: dict  # names in lower case; repeated ones joined with ", "
    began: float
    body: bytes = b""
    status: int | None = None
    sent: int = 0  # bytes of content
    ended: float | None = None
    lost: bool = False  # the client went away

    @property
    def range(self):
        return self.headers.get("range")

    @property
    def pin(self):
        return self.headers.get("if-match") or self.headers.get("if-unmodified-since")

    @property
    def done(self):
        return self.ended is not None

    def line(self):
        said = {k: self.headers[k] for k in ("range", "if-match", "if-unmodified-since") if k in self.headers}
        return {"method": self.method, "path": self.path, **said, "status": self.status, "sent": self.sent,
                **({"body": self.body.decode("latin-1")} if self.body else {})}


REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
           301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect",
           308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 408: "Request Timeout", 410: "Gone", 412: "Precondition Failed",
           416: "Range Not Satisfiable", 421: "Misdirected Request", 425: "Too Early", 429: "Too Many Requests",
           500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
           504: "Gateway Timeout", 511: "Network Authentication Required"}
PORTAL = b"<html><body>Please log in to use this network.</body></html>"


class Gone(Exception):
    """The connection is over, by the script or by the client."""


class Origin:
    def __init__(self, host="127.0.0.1", port=0, tls=None, echo=None):
        """tls: (certificate file, key file).  echo: called with each finished Request."""
        self._things = {}  # path -> [Behaviour, plan, requests so far]
        self._log = []
        self._cond = threading.Condition()
        self._echo = echo
        self._closing = threading.Event()
        self._connections = {}
        self._count = 0
        self._refusing = False
        self._tls = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*tls)
        self._socket = socket.create_server((host, port), backlog=128)
        self.host, self.port = self._socket.getsockname()[:2]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what tests call ----

    def url(self, path="/"):
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}{path}"

    def put(self, path, content=None, plan=(), **fields):
        """Serve path from now on; returns its URL.  plan: dicts, one per request, before `fields` alone rule."""
        if isinstance(content, (bytes, bytearray)):
            content = Fixed(content)
        if content is not None:
            fields["content"] = content
        with self._cond:
            self._things[path] = [Behaviour(**fields), list(plan), 0]
        return self.url(path)

    def change(self, path, plan=None, **fields):
        """Other fields for path from the next request on; the plan stays unless given."""
        with self._cond:
            thing = self._things[path]
            thing[0] = dataclasses.replace(thing[0], **fields)
            if plan is not None:
                thing[1] = list(plan)

    def notify(self, path="/notify", plan=(), **fields):
        """A place for status reports: 200 unless told otherwise."""
        fields.setdefault("status", 200)
        return self.put(path, b"", plan, **fields)

    def log(self, path=None, method=None):
        """Requests so far, oldest first.  path without a query matches with any."""
        with self._cond:
            return self._select(path, method)

    def _select(self, path, method):
        return [r for r in self._log if (path is None or r.path == path or r.path.split("?")[0] == path)
                and (method is None or r.method == method)]

    def reports(self, path="/notify"):
        """Bodies posted to path."""
        return [r.body.decode("latin-1") for r in self.log(path, "POST")]

    def wait_for(self, predicate, timeout=60.0, path=None, method=None):
        """Wait until predicate(requests) holds, woken by each change; returns its value.  The time is a guard only."""
        deadline = time.monotonic() + timeout
        with self._cond:
            while True:
                value = predicate(self._select(path, method))
                if value:
                    return value
                left = deadline - time.monotonic()
                if left <= 0:
                    lines = "\n".join("  " + json.dumps(r.line()) for r in self._log[-40:])
                    raise TimeoutError(f"the origin saw only:\n{lines}")
                self._cond.wait(left)

    def wait_requests(self, n, path=None, method=None, timeout=60.0):
        """The first n requests, once there are so many."""
        return self.wait_for(lambda log: log[:n] if len(log) >= n else None, timeout, path, method)

    def refuse(self, on=True):
        """As if the network were gone: connections are reset, new ones too, until refuse(False)."""
        with self._cond:
            self._refusing = on
            victims = list(self._connections.values()) if on else []
        for s in victims:
            abort(s)

    def close(self):
        self._closing.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        with self._cond:
            victims = list(self._connections.values())
            self._cond.notify_all()
        for s in victims:
            abort(s)

    # ---- connections ----

    def _accept(self):
        while not self._closing.is_set():
            try:
                s, _ = self._socket.accept()
            except OSError:
                return
            with self._cond:
                self._count += 1
                number = self._count
                refused = self._refusing
                if not refused:
                    self._connections[number] = s
            if refused:
                reset(s)
            else:
                threading.Thread(target=self._serve, args=(s, number), daemon=True).start()

    def _serve(self, s, number):
        try:
            if self._tls:
                s = self._tls.wrap_socket(s, server_side=True)
                with self._cond:
                    self._connections[number] = s
            reader = s.makefile("rb")
            while not self._closing.is_set() and self._one(s, reader, number):
                pass
        except (OSError, ValueError, Gone):
            pass
        finally:
            with self._cond:
                self._connections.pop(number, None)
            try:
                s.close()
            except OSError:
                pass

    def _one(self, s, reader, connection):
        """One request and its answer; false when the connection is to end."""
        request = read_request(reader, connection)
        if request is None:
            return False
        with self._cond:
            request.number = len(self._log)
            self._log.append(request)
            thing = self._things.get(request.path) or self._things.get(request.path.split("?")[0])
            if thing is None:
                behaviour, turn = Behaviour(status=404, body=b"no such thing\n", type="text/plain"), 0
            else:
                behaviour, turn = thing[0], thing[2]
                if thing[1]:
                    behaviour = dataclasses.replace(behaviour, **thing[1].pop(0))
                thing[2] += 1
            self._cond.notify_all()
        try:
            keep = self._answer(s, request, behaviour, turn)
        except Gone:
            keep = False
        except OSError:
            request.lost = True
            keep = False
        finally:
            with self._cond:
                request.ended = time.monotonic()
                self._cond.notify_all()
            if self._echo:
                self._echo(request)
        return keep and request.headers.get("connection", "").lower() != "close"

    def _wait_gone(self, s):
        """Until the client ends the connection or the origin closes; the readable data of a client that waits is none."""
        while not self._closing.is_set():
            ready, _, _ = select.select([s], [], [], 0.5)
            if ready:
                raise Gone

    def _answer(self, s, request, b, turn):
        if b.gate is not None:
            while not b.gate.wait(0.2):
                if self._closing.is_set():
                    raise Gone
        if b.never:
            self._wait_gone(s)
        if b.hang_up:
            end(s, b.how)
            raise Gone
        status, fields, start, n, body = decide(request, b, turn)
        if status in (204, 304):
            body, n, fields = b"", 0, [f for f in fields if f[0] != "Content-Type"]
        framing = b.framing if body is None or b.framing != "length" else "length"
        head = [f"HTTP/1.1 {status} {b.reason if b.reason is not None else REASONS.get(status, 'Odd')}",
                f"Date: {http_date(time.time() if b.date is None else b.date)}", "Server: origin"]
        head += [f"{k}: {v}" for k, v in fields] + [f"{k}: {v}" for k, v in b.headers]
        keep = b.keep and framing != "close"
        if framing == "length" and status != 204:
            head.append(f"Content-Length: {n if b.length is None or body is not None else b.length}")
        elif framing.startswith("chunked"):
            head.append("Transfer-Encoding: chunked")
        if not keep:
            head.append("Connection: close")
        request.status = status
        s.sendall(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        if request.method == "HEAD":
            return keep
        self._send(s, request, b, framing, start, n, body)
        if framing == "chunked-noend":
            end(s, b.how)
            raise Gone
        return keep

    def _send(self, s, request, b, framing, start, n, body):
        began, given = time.monotonic(), 0
        while given < n:
            if b.cut is not None and given >= b.cut:
                break
            if b.stall is not None and given >= b.stall:
                self._wait_gone(s)
            piece = PIECE if not b.rate else max(1, min(PIECE, b.rate // 20))
            piece = min(piece, n - given, *(x - given for x in (b.cut, b.stall) if x is not None and x > given))
            data = body[given:given + piece] if body is not None else b.content.read(start + given, piece)
            if framing.startswith("chunked"):
                s.sendall(b"%x\r\n%s\r\n" % (len(data), data))
            else:
                s.sendall(data)
            given += len(data)
            with self._cond:
                request.sent = given
                self._cond.notify_all()
            if b.rate:
                ahead = given / b.rate - (time.monotonic() - began)
                if ahead > 0 and self._closing.wait(ahead):
                    raise Gone
        if b.cut is not None and given >= b.cut:
            end(s, b.how)
            raise Gone
        if b.stall is not None and given >= b.stall:
            self._wait_gone(s)
        if framing == "chunked":
            s.sendall(b"0\r\n\r\n")


def decide(request, b, turn):
    """What a server answers: status, header fields, first byte, number of bytes, body (None: the content)."""
    if b.login is not None and request.headers.get("authorization") != basic(b.login):
        return 401, [("WWW-Authenticate", 'Basic realm="test"'), ("Content-Type", "text/plain")], 0, 6, b"login\n"
    if b.redirect is not None:
        return b.status or 302, [("Location", b.redirect), ("Content-Type", "text/plain")], 0, 6, b"moved\n"
    etag = b.etag_now(turn)
    fields = [("Content-Type", b.type)] if b.type is not None else []
    if b.status is not None:
        return b.status, fields, 0, len(b.body), b.body
    validators = [("ETag", etag)] if etag is not None else []
    if b.modified is not None:
        validators.append(("Last-Modified", http_date(b.modified)))
    offer = [("Accept-Ranges", b.accept_ranges)] if b.accept_ranges is not None else []
    if b.conditions and fails(request, b, etag):
        return 412, [("Content-Type", "text/plain")], 0, 7, b"failed\n"
    size = len(b.content)
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.range or "")
    if not wanted or not b.ranges or b.range_answer == "whole":
        return 200, fields + validators + offer, 0, size, None
    first, last = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
    if first >= size:
        return 416, [("Content-Range", f"bytes */{size}"), ("Content-Type", "text/plain")], 0, 6, b"range\n"
    return partial(b, fields, validators, first, last, size)


def partial(b, fields, validators, first, last, size):
    n = last - first + 1
    said = f"bytes {first}-{last}/{size}"
    if b.range_answer == "shift":
        said = f"bytes {first + 1}-{last}/{size}"
    elif b.range_answer == "total":
        said = f"bytes {first}-{last}/{size + 1}"
    elif b.range_answer == "short":
        n = max(1, n // 2)
        said = f"bytes {first}-{first + n - 1}/{size}"
    elif b.range_answer == "nopin":
        validators = []
    elif b.range_answer == "multipart":
        data = b.content.read(first, n)
        body = b"\r\n--xx\r\nContent-Range: " + said.encode() + b"\r\n\r\n" + data + b"\r\n--xx--\r\n"
        return 206, validators + [("Content-Type", "multipart/byteranges; boundary=xx")], 0, len(body), body
    placed = [] if b.range_answer == "bare" else [("Content-Range", said)]
    return 206, fields + validators + placed, first, n, None


def fails(request, b, etag):
    """RFC 9110 13.2.2, as far as a GET needs it; a bare tag is compared as it stands."""
    wanted = request.headers.get("if-match")
    if wanted is not None:
        if wanted.strip() == "*":
            return False
        weak = etag is None or etag.startswith("W/")
        return weak or etag not in [w.strip() for w in wanted.split(",")]
    since = request.headers.get("if-unmodified-since")
    if since is not None and b.modified is not None:
        return b.modified > email.utils.parsedate_to_datetime(since).timestamp()
    return False


def read_request(reader, connection):
    line = reader.readline(65536)
    if not line.strip():
        return None
    method, path, _ = line.decode("latin-1").split(None, 2)
    if path.startswith("http://") or path.startswith("https://"):  # through a proxy
        path = "/" + path.split("/", 3)[3] if path.count("/") >= 3 else "/"
    headers = {}
    while True:
        line = reader.readline(65536)
        if line in (b"\r\n", b"\n"):
            break
        if not line:
            return None
        name, value = line.decode("latin-1").split(":", 1)
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    n = int(headers.get("content-length", "0"))
    request = Request(-1, connection, method, path, headers, time.monotonic())
    request.body = reader.read(n) if n else b""
    return request


def basic(login):
    return "Basic " + base64.b64encode(login.encode()).decode()


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def reset(s):
    """End with RST."""
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    s.close()


def abort(s):
    """End a connection that another thread is using: it sees the end, then closes with RST."""
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def end(s, how):
    """End the connection by script.  An RST throws away what the kernel has not delivered: wait for that first."""
    if how == "rst":
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = struct.unpack("i", fcntl.ioctl(s.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0]
            if left == 0:
                break
            time.sleep(0.001)
        abort_now = struct.pack("ii", 1, 0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort_now)
        # makefile() holds the descriptor: closing the socket object alone would not end the connection.
        fd = s.detach()
        socket.close(fd)
    else:
        s.shutdown(socket.SHUT_RDWR)


def main():
    parser = argparse.ArgumentParser(description="Take status reports (200 to any POST) and print every request.")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()

    def echo(request):
        print(json.dumps(request.line()), flush=True)

    origin = Origin(port=args.port, echo=echo)
    for path in ("/", "/notify"):
        origin.notify(path)
    print(json.dumps({"port": origin.port}), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
