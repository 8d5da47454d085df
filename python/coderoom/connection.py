"""The daemon's socket: one JSON-RPC line out, one in."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from typing import Any, Optional

from .errors import CodeRoomError, NotRunning, refused

#: How long a daemon that was just started may take to listen.
START_SECONDS = 10.0


def socket_path() -> str:
    """Where the daemon listens, as the program itself finds it."""
    given = os.environ.get("CODEROOM_SOCKET")
    if given:
        return given
    uid = os.getuid()
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):
        return os.path.join(runtime, "coderoom", "daemon.sock")
    usual = f"/run/user/{uid}"
    if os.path.isdir(usual) and os.stat(usual).st_uid == uid:
        return os.path.join(usual, "coderoom", "daemon.sock")
    return f"/tmp/coderoom-{uid}/daemon.sock"


def start_daemon(program: Optional[str] = None) -> None:
    """Starts a daemon in the background and waits until it listens."""
    found = program or os.environ.get("CODEROOM_BIN") or shutil.which("coderoom")
    if not found:
        raise NotRunning("no daemon is running, and there is no `coderoom` on PATH to start one")
    subprocess.run(
        [found, "serve", "--background"],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if is_listening():
            return
        time.sleep(0.01)
    raise NotRunning(f"`{found} serve --background` does not listen on {socket_path()}")


def is_listening() -> bool:
    """Whether a daemon answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(socket_path())
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


def request(number: int, method: str, params: Any) -> bytes:
    """A request as a line."""
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(message).encode() + b"\n"


def result(line: bytes) -> Any:
    """What a reply's line says."""
    if not line.endswith(b"\n"):
        raise CodeRoomError("the daemon closed the connection in the middle of an answer")
    reply = json.loads(line)
    error = reply.get("error")
    if error is not None:
        raise refused((error.get("data") or {}).get("code", "internal"), error["message"])
    return reply["result"]


class Connection:
    """A connection for one question at a time, from any thread."""

    def __init__(self) -> None:
        if not is_listening():
            start_daemon()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(socket_path())
        self._reader = self._socket.makefile("rb")
        self._lock = threading.Lock()
        self._number = 0

    def ask(self, method: str, params: Any) -> Any:
        """Asks and waits for the answer."""
        with self._lock:
            self._number += 1
            try:
                self._socket.sendall(request(self._number, method, params))
                line = self._reader.readline()
            except OSError as err:
                raise CodeRoomError(f"the daemon cannot be reached: {err}") from err
        return result(line)

    def close(self) -> None:
        """Ends the connection."""
        self._reader.close()
        self._socket.close()
