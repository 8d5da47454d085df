"""The built service on sockets of a test's own, and raw connections to it."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from mono_client import MemSearchClient  # noqa: E402 (found by the line above)

#: Numbers above any process id: the service sees no process of that number.
NOBODY = 5_000_000


def binary(name):
    """CODEROOM_BIN, or the newest build."""
    given = os.environ.get("CODEROOM_BIN")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    places = [pathlib.Path(given)] if given else [target / "release", target / "debug"]
    built = [place / name for place in places if (place / name).exists()]
    if not built:
        raise FileNotFoundError("{} is not built: run `cargo build` first".format(name))
    return str(max(built, key=lambda path: path.stat().st_mtime))


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


class Service:
    """mem-search-service in a directory of its own."""

    def __init__(self, *arguments):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mono"))
        self.request_socket = str(self.dir / "requests.sock")
        self.template = str(self.dir / "response_{pid}.sock")
        self.environment = dict(
            os.environ,
            MEM_SEARCH_REQUEST_SOCKET=self.request_socket,
            MEM_SEARCH_RESPONSE_SOCKET=self.template,
            XDG_RUNTIME_DIR=str(self.dir / "run"),
            XDG_CACHE_HOME=str(self.dir / "cache"),
            CODEROOM_SOCKET=str(self.dir / "daemon.sock"),
        )
        self.process = None
        self.start(*arguments)

    def start(self, *arguments):
        self.process = self.spawn(*arguments)
        self.banner = [self.process.stdout.readline() for _ in range(7)]
        if "Service running" not in self.banner[-1]:
            raise RuntimeError("the service did not start: " + "".join(self.banner))

    def spawn(self, *arguments):
        return subprocess.Popen([binary("mem-search-service"), *arguments], env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self, how=signal.SIGTERM):
        """Ends it; its exit status and the rest of its output."""
        self.process.send_signal(how)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output

    def remove(self):
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)

    def response_socket(self, pid):
        return self.template.replace("{pid}", str(pid))

    def sockets(self):
        return sorted(path.name for path in self.dir.glob("*.sock"))

    def connect(self):
        return Lines(self.request_socket)

    def responses(self, pid):
        """A connection to a client's response socket, as soon as it is there."""
        path = self.response_socket(pid)
        if not wait_until(lambda: os.path.exists(path)):
            raise RuntimeError("there is no response socket for {}".format(pid))
        return Lines(path)


class Lines:
    """A raw connection that reads one JSON object a line."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.reader = self.socket.makefile("rb")

    def send(self, message):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.socket.sendall(data)

    def read(self):
        """The next reply, or None at the connection's end."""
        line = self.reader.readline()
        return json.loads(line) if line else None

    def close(self):
        self.reader.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def alloc(pid, path):
    return {"type": "alloc_pid", "pid": pid, "repo_dir_path": str(path)}


def search(pid, pattern, **fields):
    return {"type": "request_ripgrep", "pid": pid, "pattern": pattern, **fields}


def free(pid):
    return {"type": "free_pid", "pid": pid}


def write_codebase(root, name="main"):
    """Three text files, one binary; `name` tells codebases apart."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "src").mkdir(exist_ok=True)
    (root / "src" / "lib.rs").write_text("use std::io;\nfn search() {}\n")
    (root / "src" / "main.rs").write_text("use std::fs;\nfn {}() {{}}\n".format(name))
    (root / "README.md").write_text("Use it.\n")
    (root / "logo.png").write_bytes(b"\x89PNG\0\0use")
    return root


class ServiceTest(unittest.TestCase):
    arguments = ("--no-cache",)

    def setUp(self):
        self.service = Service(*self.arguments)
        self.addCleanup(self.service.remove)
        self.code = write_codebase(self.service.dir / "code")

    def raw(self, pid, path=None):
        """A client of that number with a codebase: its request and its response connection."""
        requests = self.service.connect()
        self.addCleanup(requests.close)
        requests.send(alloc(pid, path or self.code))
        responses = self.service.responses(pid)
        self.addCleanup(responses.close)
        self.assertEqual(responses.read(), {"response_status": 1, "text": "Allocated 3 files"})
        return requests, responses

    def client(self, **options):
        client = MemSearchClient(self.service.request_socket, self.service.template, **options)
        self.addCleanup(client.close)
        return client

    def assert_refused(self, reply, words):
        self.assertEqual(sorted(reply), ["error", "response_status"])
        self.assertEqual(reply["response_status"], 0)
        self.assertIn(words, reply["error"])
