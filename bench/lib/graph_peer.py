"""m1nd-mcp, the published implementation of the same ideas, driven over MCP on standard streams."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from .corpora import Missing, cache, call
from .process import Failed, memory

VERSION = "0.8.0"
LIMIT = 900.0


def install():
    """Builds it from crates.io into the cache."""
    target = cache() / "peers" / f"m1nd-mcp-{VERSION}"
    program = target / "bin" / "m1nd-mcp"
    if not program.exists():
        print(f"building m1nd-mcp {VERSION} ...", flush=True)
        try:
            call(["cargo", "install", "m1nd-mcp", "--version", VERSION, "--locked", "--root", target])
        except Missing:
            call(["cargo", "install", "m1nd-mcp", "--version", VERSION, "--root", target])
    if not program.exists():
        raise Missing("m1nd-mcp does not build here")
    return program


class Peer:
    """One process of it, with its files in a folder of its own."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-m1nd-")
        environment = dict(os.environ, HOME=self.folder.name,
                           M1ND_GRAPH_SOURCE=str(Path(self.folder.name) / "graph.json"),
                           M1ND_PLASTICITY_STATE=str(Path(self.folder.name) / "plasticity.json"))
        self.process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd=self.folder.name, env=environment, text=True)
        self.number = 0
        self.request("initialize", {
            "protocolVersion": "2024-11-05", "capabilities": {},
            "clientInfo": {"name": "bench", "version": "0"}})

    def request(self, method, params):
        """One request and its answer."""
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise Failed("m1nd-mcp closed the connection")
            if line.lstrip().startswith("{") and json.loads(line).get("id") == self.number:
                return json.loads(line)

    def ask(self, tool, arguments):
        """Seconds, and the text of the answer; empty if it is an error."""
        begun = time.perf_counter()
        reply = self.request("tools/call", {"name": tool,
                                            "arguments": {"agent_id": "bench", **arguments}})
        seconds = time.perf_counter() - begun
        result = reply.get("result") or {}
        text = "".join(part.get("text", "") for part in result.get("content", []))
        return seconds, "" if result.get("isError") or "error" in reply else text

    def memory(self):
        """What it holds."""
        return memory(self.process.pid)

    def close(self):
        """Ends it."""
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
