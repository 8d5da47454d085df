"""coderoom's daemon and its socket: starts a daemon that never meets the user's own, and talks to
it. Everything that depends on coderoom's command line and wire format is in this module (the
routes that are measured are in `routes`).

The socket carries newline-delimited JSON-RPC 2.0; output is announced by a line and follows it raw:

    -> {"jsonrpc":"2.0","id":1,"method":"rg","params":{"cwd":ROOT,"query":{...}}}
    <- {"jsonrpc":"2.0","method":"output","params":{"id":1,"bytes":N}}   then N bytes, repeatedly
    <- {"jsonrpc":"2.0","id":1,"result":{"exit":0,"stderr":""}}
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .corpora import Missing, quiet_environment
from .process import Failed, Slow, stop
from .queries import COUNT, FILES, LINES, NO_SUCH_WORD, Query

START_LIMIT = 600.0
SOCKET = Path("coderoom") / "daemon.sock"
MCP_VERSION = "2025-06-18"
FIRST_QUESTION = Query("nohit", NO_SUCH_WORD)


def serve_command(binary, root):
    """How a daemon is started in the foreground with one workspace."""
    return [str(binary), "serve", str(root)]


def rg_params(root, query):
    """The parameters of the method `rg` for a query: the options under ripgrep's names."""
    asked = {
        "mode": {LINES: "standard", FILES: "files_with_matches", COUNT: "count"}[query.mode],
        "pattern": {"patterns": [query.pattern],
                    "case": "insensitive" if query.ignore_case else "sensitive"},
        "files": {"globs": [{"glob": query.glob}] if query.glob else []},
        "output": {"line_number": query.mode == LINES},
    }
    return {"cwd": str(root), "query": asked}


def search_params(root, query):
    """The arguments of the MCP tool `search`, with its limit of lines out of the way."""
    return {
        "workspace": str(root), "pattern": query.pattern, "ignore_case": query.ignore_case,
        "glob": [query.glob] if query.glob else [], "limit": 1_000_000_000,
        "output": {LINES: "content", FILES: "files", COUNT: "count"}[query.mode],
    }


class Daemon:
    """A daemon of the run's own, with its socket and cache in a temporary directory."""

    def __init__(self, bin_dir, root):
        self.bin_dir, self.root = Path(bin_dir).resolve(), root
        self.binary = self.bin_dir / "coderoom"
        if not self.binary.is_file():
            raise Missing("no `coderoom` in --bin-dir; cargo build --release makes it")
        # Short, because the path of a Unix socket has at most 107 bytes.
        self.state = Path(tempfile.mkdtemp(prefix="bench-"))
        self.environment = quiet_environment()
        for name in ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
            folder = self.state / name.lower()
            folder.mkdir(mode=0o700)
            self.environment[name] = str(folder)
        self.log = self.state / "log"
        self.process = None

    @property
    def pid(self):
        """The daemon's process."""
        return self.process.pid

    def start(self):
        """Starts it and waits for its first answer; returns the seconds that took."""
        began = time.perf_counter()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(serve_command(self.binary, self.root),
                                            env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        while True:
            try:
                with self.connect() as line:
                    line.request("rg", rg_params(self.root, FIRST_QUESTION), START_LIMIT)
                return time.perf_counter() - began
            except (OSError, Failed) as error:
                if self.process.poll() is not None:
                    raise Failed(f"the daemon ended at start: {self.last_words()}") from None
                if time.perf_counter() - began > START_LIMIT:
                    raise Slow(f"no answer after {START_LIMIT:.0f} s ({error})") from None
                time.sleep(0.001)

    def connect(self):
        """A new connection."""
        return Socket(Path(self.environment["XDG_RUNTIME_DIR"]) / SOCKET)

    def status(self):
        """What the daemon says of the workspace."""
        with self.connect() as line:
            reply, _, _ = line.request("status", {}, START_LIMIT)
        for workspace in reply["workspaces"]:
            if workspace["root"] == str(self.root):
                return workspace
        raise Failed("the daemon does not hold the workspace")

    def wait_indexed(self):
        """Waits until the index covers every file; returns the workspace's status."""
        end = time.monotonic() + START_LIMIT
        while True:
            status = self.status()
            if status["uncovered_files"] == 0:
                return status
            if time.monotonic() > end:
                raise Slow("the index does not get done")
            time.sleep(0.005)

    def stop(self):
        """Ends the process; its cache stays, for a warm restart."""
        if self.process:
            stop(self.process, patience=60)
            self.process = None

    def close(self):
        """Ends it and removes everything it wrote."""
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def last_words(self):
        """The end of its log, for an error message."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing was logged"


class Socket:
    """One connection: one request at a time, each answer read to its end."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        try:
            self.connection.connect(str(path))
        except OSError:
            self.connection.close()
            raise
        self.reader = self.connection.makefile("rb", buffering=1 << 20)
        self.buffer = bytearray(1 << 20)
        self.last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.connection.close()

    def request(self, method, params, limit, keep=False):
        """Asks and waits; returns the result, the size of the output, and the output if kept."""
        self.last_id += 1
        message = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.connection.settimeout(limit)
        kept, size = [], 0
        try:
            self.connection.sendall(json.dumps(message).encode() + b"\n")
            while True:
                line = self.reader.readline()
                if not line:
                    raise Failed("the daemon closed the connection")
                reply = json.loads(line)
                if reply.get("method") == "output":
                    size += self.take(reply["params"]["bytes"], kept if keep else None)
                elif "error" in reply:
                    raise Failed(reply["error"]["message"])
                else:
                    return reply["result"], size, b"".join(kept)
        except TimeoutError:
            raise Slow(f"no answer within {limit:.0f} s") from None

    def take(self, count, kept):
        """Reads `count` bytes of output."""
        left = count
        while left:
            got = self.reader.readinto(memoryview(self.buffer)[:min(left, len(self.buffer))])
            if not got:
                raise Failed("the daemon closed the connection in the middle of an answer")
            if kept is not None:
                kept.append(bytes(self.buffer[:got]))
            left -= got
        return count
