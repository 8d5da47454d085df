"""The three ways to ask coderoom, as tools that are measured like any other: the Unix socket,
the `rg` shim, and MCP over stdio.
"""

import json
import os
import select
import subprocess
import time

from .coderoom import MCP_VERSION, START_LIMIT, rg_params, search_params
from .corpora import Missing
from .peers import Command, Tool
from .process import Failed, Slow, stop


class SocketTool(Tool):
    """A client on one connection that stays open, as an agent's own client would be."""

    name = "coderoom socket"

    def __init__(self, daemon):
        super().__init__(daemon.root)
        self.daemon, self.line, self.pid = daemon, None, daemon.pid

    def ask(self, query, limit, keep):
        """One query, over a new connection if the last one broke."""
        if self.line is None:
            self.line = self.daemon.connect()
        try:
            return self.line.request("rg", rg_params(self.root, query), limit, keep)
        except (Slow, Failed, OSError):
            self.close()
            raise

    def search(self, query, limit):
        start = time.perf_counter()
        _, size, _ = self.ask(query, limit, keep=False)
        return time.perf_counter() - start, size

    def hits(self, query, limit):
        return set(self.ask(query, limit, keep=True)[2].split(b"\n")) - {b""}

    def close(self):
        if self.line:
            self.line.__exit__()
            self.line = None


def shim(daemon):
    """The `rg` that a person puts first on PATH; it may not fall back to the real one."""
    program = daemon.bin_dir / "rg"
    if not program.is_file():
        raise Missing("no `rg` in --bin-dir")
    tool = Command("coderoom rg shim", program, daemon.root, CODEROOM_RG="resident")
    tool.environment.update(daemon.environment)
    return tool


class McpTool(Tool):
    """`coderoom mcp` over stdio, kept open as a client keeps it. Its answers are meant for a
    model and therefore bounded, so on large results it does less work than the others."""

    name = "coderoom mcp"
    bounded = True

    def __init__(self, daemon):
        super().__init__(daemon.root)
        self.daemon, self.process, self.last_id, self.waiting = daemon, None, 0, b""

    def start(self):
        with open(self.daemon.log, "ab") as log:
            self.process = subprocess.Popen([str(self.daemon.binary), "mcp"],
                                            env=self.daemon.environment, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        client = {"name": "coderoom-bench", "version": "1"}
        self.request("initialize", {"protocolVersion": MCP_VERSION, "capabilities": {},
                                    "clientInfo": client}, START_LIMIT)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        """Writes one message."""
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, method, params, limit):
        """Asks and returns the line of the answer, unparsed."""
        self.last_id += 1
        self.send({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params})
        marks = (b'"id":%d,' % self.last_id, b'"id":%d}' % self.last_id)
        end = time.perf_counter() + limit
        while True:
            line = self.read_line(end)
            if any(mark in line.replace(b'"id": ', b'"id":') for mark in marks):
                return line

    def read_line(self, end):
        """One line from the server, by the time `end`."""
        output = self.process.stdout.fileno()
        while b"\n" not in self.waiting:
            left = end - time.perf_counter()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise Slow("no answer in time")
            piece = os.read(output, 1 << 20)
            if not piece:
                raise Failed(f"the MCP server ended: {self.daemon.last_words()}")
            self.waiting += piece
        line, _, self.waiting = self.waiting.partition(b"\n")
        return line

    def search(self, query, limit):
        call = {"name": "search", "arguments": search_params(self.root, query)}
        start = time.perf_counter()
        line = self.request("tools/call", call, limit)
        return time.perf_counter() - start, len(line)

    def hits(self, query, limit):
        call = {"name": "search", "arguments": search_params(self.root, query)}
        reply = json.loads(self.request("tools/call", call, limit))
        if "error" in reply or reply["result"].get("isError"):
            raise Failed(str(reply.get("error") or reply["result"]["content"])[:200])
        text = "".join(part.get("text", "") for part in reply["result"]["content"])
        # Notes for the model stand in brackets; "No matches." stands for an empty answer.
        lines = [line for line in text.split("\n")
                 if line and line != "No matches." and not line.startswith("[")]
        return {line.encode() for line in lines}

    def close(self):
        if self.process:
            stop(self.process)
