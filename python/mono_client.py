"""Client for MONO's protocol: searches of codebases that mem-search-service keeps in memory.

    from mono_client import MemSearchClient

    with MemSearchClient() as client:
        client.alloc_pid("/path/to/codebase")
        print(client.ripgrep("fn \\w+"))

or, for a single search:

    from mono_client import ripgrep
    print(ripgrep("pattern", "/path/to/codebase"))

Needs nothing but Python 3.8 or later. Requests go to the service's request socket, replies come from
a response socket of this client's own; docs/mono.md describes both.
"""

import itertools
import json
import os
import select
import socket
import threading
import time

__all__ = [
    "MemSearchClient",
    "MonoError",
    "ServiceNotRunning",
    "ServiceUnavailable",
    "NotAllocated",
    "RequestFailed",
    "ripgrep",
]

REQUEST_SOCKET = "/tmp/mem_search_service_requests.sock"
RESPONSE_SOCKET = "/tmp/qwen_code_response_{pid}.sock"


class MonoError(Exception):
    """Anything that goes wrong between this client and the service."""


class ServiceNotRunning(MonoError):
    """Nobody listens on the request socket."""


class ServiceUnavailable(MonoError):
    """The service went away, or did not answer in time."""


class RequestFailed(MonoError):
    """The service refused the request; the message is its own and says what to do."""


class NotAllocated(RequestFailed):
    """There is no codebase to search yet, or none any more: call alloc_pid."""


class MemSearchClient:
    """A client of mem-search-service. Calls from several threads take turns.

    request_socket, response_socket: the service's sockets, if not the usual ones; in the latter,
        `{pid}` stands for the client's number. Default: the environment's MEM_SEARCH_REQUEST_SOCKET
        and MEM_SEARCH_RESPONSE_SOCKET, or the usual ones in /tmp.
    pid: the number by which the service knows this client. Default: the process id, or, while other
        clients of this process are open, a number of its own.
    timeout: seconds to wait for the answer to a search. Loading may take longer (alloc_timeout).
    """

    def __init__(self, request_socket=None, response_socket=None, pid=None, timeout=60.0,
                 alloc_timeout=3600.0):
        environment = os.environ.get
        self.request_socket = os.fspath(
            request_socket or environment("MEM_SEARCH_REQUEST_SOCKET") or REQUEST_SOCKET)
        template = os.fspath(
            response_socket or environment("MEM_SEARCH_RESPONSE_SOCKET") or RESPONSE_SOCKET)
        self.timeout = timeout
        self.alloc_timeout = alloc_timeout
        #: What the last answer left out, in the service's words; None if it was complete.
        self.last_note = None
        self._lock = threading.RLock()
        self._requests = None
        self._responses = None
        self._codebase = None
        self._closed = False
        self._process = os.getpid()
        self._own_number = pid is None
        self.pid = _take_number() if pid is None else pid
        self.response_socket = template.replace("{pid}", str(self.pid))

    def alloc_pid(self, repo_dir_path):
        """Loads a codebase, or joins those who have it loaded; returns the service's words
        ("Allocated 347 files"). Called again, it changes to another codebase."""
        path = os.path.abspath(os.path.expanduser(os.fspath(repo_dir_path)))
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        request = {"type": "alloc_pid", "pid": self.pid, "repo_dir_path": path}
        with self._lock:
            # From here on there is something to free, whatever the answer is.
            before, self._codebase = self._codebase, path
            try:
                return self._ask(request, self.alloc_timeout)
            except RequestFailed:
                self._codebase = before or ""
                raise

    def ripgrep(self, pattern, case_sensitive=False):
        """Searches the codebase as it is on disk now. Returns what `rg -n --no-heading` prints:
        `path:line:text` lines joined by newlines; an empty string if nothing matches."""
        return self._ask_allocated({
            "type": "request_ripgrep",
            "pid": self.pid,
            "pattern": pattern,
            "case_sensitive": bool(case_sensitive),
        })

    def describe(self):
        """How much is loaded: "Loaded 347 files (12.45 MB total) into memory"."""
        return self._ask_allocated({"type": "describe_pid", "pid": self.pid})

    def close(self):
        """Frees the codebase and the sockets. A closed client cannot be used again."""
        with self._lock:
            if self._closed:
                return
            try:
                # In a child that was forked off, the codebase is still the parent's.
                if self._codebase is not None and self._process == os.getpid():
                    self._send({"type": "free_pid", "pid": self.pid})
                    self._read_reply(self._requests, time.monotonic() + min(self.timeout, 10))
            except (MonoError, OSError):
                pass  # Then the service frees it by itself.
            finally:
                self._closed = True
                self._disconnect()
                if self._own_number:
                    _give_number_back(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        # Interpreters that shut down have little left to close with.
        try:
            self.close()
        except Exception:
            pass

    def _ask_allocated(self, request):
        """Asks; if the service has been started anew or has freed an idle client, allocates the
        codebase again first."""
        with self._lock:
            try:
                return self._ask(request, self.timeout)
            except NotAllocated:
                if not self._codebase:
                    raise
                self.alloc_pid(self._codebase)
                return self._ask(request, self.timeout)

    def _ask(self, request, timeout):
        with self._lock:
            if self._closed:
                raise MonoError("this client is closed: create another MemSearchClient")
            if self._process != os.getpid():
                raise MonoError("this client belongs to the process that was forked: create "
                                "another MemSearchClient")
            try:
                self._drop_if_hung_up()
                # The service answers the newest connection: ours must be there before the answer.
                if self._responses is None:
                    self._responses = self._connect_responses()
                self._send(request)
                reply = self._receive(time.monotonic() + timeout)
            except NotAllocated:
                raise  # Nothing is under way.
            except BaseException:
                # The answer may still come, and must not be taken for that to the next question.
                self._forget()
                raise
        self.last_note = reply.get("note")
        if reply.get("response_status") == 1:
            return reply.get("text", "")
        error = str(reply.get("error", "the service gave no reason"))
        if "no allocated codebase" in error:
            raise NotAllocated(error)
        raise RequestFailed(error)

    def _send(self, request):
        line = json.dumps(request).encode() + b"\n"
        if self._requests is None:
            self._requests = _Connection(self._connect_requests())
        try:
            self._requests.socket.sendall(line)
        except (BrokenPipeError, ConnectionResetError):
            # The service said why before it hung up; or it is another one by now.
            if not self._requests.is_readable():
                self._disconnect()
                self._requests = _Connection(self._connect_requests())
                self._requests.socket.sendall(line)

    def _connect_requests(self):
        try:
            return _connect(self.request_socket)
        except PermissionError as err:
            raise ServiceNotRunning(
                "{} belongs to another user's service: start one of your own with "
                "--request-socket".format(self.request_socket)) from err
        except OSError as err:
            raise ServiceNotRunning(
                "mem-search-service is not running (nobody listens on {}): start it with "
                "`./target/release/mem-search-service`, or set MEM_SEARCH_REQUEST_SOCKET if it "
                "listens elsewhere".format(self.request_socket)) from err

    def _receive(self, deadline):
        """The reply to what was just sent. It comes from the response socket; only what has none
        is answered where it was asked."""
        while True:
            if self._responses is None:
                self._responses = self._connect_responses()
            for connection in (self._requests, self._responses):
                reply = connection.take_line() if connection else None
                if reply is not None:
                    return json.loads(reply)
            self._wait(deadline)

    def _connect_responses(self):
        """The response socket, once it is there: the service makes it when alloc_pid arrives."""
        try:
            return _Connection(_connect(self.response_socket))
        except OSError:
            return None

    def _wait(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise ServiceUnavailable("mem-search-service did not answer in time")
        # The service makes the response socket within a millisecond, unless it refuses.
        pause = left if self._responses else min(left, 0.001)
        open_ones = [c for c in (self._requests, self._responses) if c is not None]
        for connection in _readable(open_ones, pause):
            if connection.fill():
                continue
            if connection is self._requests:
                raise ServiceUnavailable("mem-search-service has ended, or ended this connection")
            self._responses.close()
            self._responses = self._connect_responses()
            if self._responses is None:
                raise NotAllocated("PID {} has no allocated codebase: it was freed while it was "
                                   "waiting. Call alloc_pid first.".format(self.pid))

    def _read_reply(self, connection, deadline):
        while connection.take_line() is None:
            left = deadline - time.monotonic()
            if left <= 0 or not _readable([connection], left):
                return
            if not connection.fill():
                return

    def _drop_if_hung_up(self):
        """Another client of the same number may have taken over the response socket, and the
        service may have been started anew: both are seen before anything is asked."""
        if self._responses is not None and self._responses.has_ended():
            self._responses.close()
            self._responses = None
        if self._requests is not None and self._requests.has_ended():
            self._disconnect()

    def _forget(self):
        """Frees this number, replies under way included."""
        try:
            if self._requests is not None and self._codebase is not None:
                self._send({"type": "free_pid", "pid": self.pid})
                self._read_reply(self._requests, time.monotonic() + 1)
        except (MonoError, OSError):
            pass
        self._disconnect()

    def _disconnect(self):
        for connection in (self._requests, self._responses):
            if connection is not None:
                connection.close()
        self._requests = self._responses = None


class _Connection:
    """A connected socket and the lines that come from it."""

    def __init__(self, connected):
        self.socket = connected
        self._buffer = bytearray()
        self._searched = 0

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def take_line(self):
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[:end + 1]
        self._searched = 0
        return line

    def fill(self):
        """Takes what has come; False if the other end has closed."""
        try:
            received = self.socket.recv(1 << 18)
        except ConnectionResetError:
            received = b""
        self._buffer += received
        return bool(received)

    def is_readable(self):
        return bool(_readable([self], 0))

    def has_ended(self):
        return self.is_readable() and not self.fill()


def _readable(connections, seconds):
    """Those that have something to read or have ended. `select` would not do in a process that has
    more than 1,024 files open."""
    poll = select.poll()
    by_number = {connection.fileno(): connection for connection in connections}
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(max(0, seconds) * 1000)]


def _connect(path):
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.connect(path)
    except BaseException:
        connected.close()
        raise
    return connected


# Numbers that this process's open clients use. The first one's is the process id; further ones get
# numbers above any process id, so that clients of one process do not take each other's replies.
_numbers = set()
_numbers_lock = threading.Lock()
_MAX_PROCESS_ID = 1 << 22


def _take_number():
    process = os.getpid()
    with _numbers_lock:
        for place in itertools.count():
            number = process + place * 2 * _MAX_PROCESS_ID
            if number not in _numbers:
                _numbers.add(number)
                return number


def _give_number_back(number):
    with _numbers_lock:
        _numbers.discard(number)


def ripgrep(pattern, path, case_sensitive=False):
    """Searches the codebase at `path` once. The service keeps it in memory for the next time."""
    with MemSearchClient() as client:
        client.alloc_pid(path)
        return client.ripgrep(pattern, case_sensitive=case_sensitive)
