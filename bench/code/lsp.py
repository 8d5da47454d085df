"""A small client for language servers over stdio: enough to open files and to ask for references
and definitions. Answers are `(path, line, column)`, 1-based, with paths relative to the root;
what lies outside the root is left out."""

import json
import queue
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote, unquote, urlparse


class Silent(Exception):
    """The server gave no answer in time, answered with an error, or ended."""


class Server:
    """One language server with one workspace folder."""

    def __init__(self, argv, root, language, env=None, settings=None, options=None, log=None):
        self.root = Path(root).resolve()
        self.language = language
        self.settings = settings or {}
        self.next_id = 0
        self.answers = queue.Queue()
        self.opened = {}
        self.progress = {}
        self.write_lock = threading.Lock()
        self.log = open(log, "ab") if log else subprocess.DEVNULL
        self.process = subprocess.Popen([str(word) for word in argv], cwd=self.root, env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log)
        threading.Thread(target=self._read, daemon=True).start()
        self._initialize(options)

    def references(self, path, line, column, limit):
        """All references of the symbol at a place, its declaration included."""
        found = self._ask("textDocument/references", path, line, column, limit,
                          context={"includeDeclaration": True})
        return self._places(found)

    def definition(self, path, line, column, limit):
        """Where the symbol at a place is defined."""
        return self._places(self._ask("textDocument/definition", path, line, column, limit))

    def symbols(self, path, limit):
        """What a file defines: `(line, column, kind, kinds of what is around it)`."""
        self.open(path)
        found = self.request("textDocument/documentSymbol",
                             {"textDocument": {"uri": self.uri(path)}}, limit)
        places = []

        def walk(items, around):
            for item in items:
                start = (item.get("selectionRange") or item["location"]["range"])["start"]
                places.append((start["line"] + 1, start["character"] + 1, item["kind"], around))
                walk(item.get("children") or [], (*around, item["kind"]))

        walk(found or [], ())
        return places

    def settle(self, quiet, limit):
        """Waits until no progress has been reported for `quiet` seconds: indexing is over."""
        end = time.monotonic() + limit
        changed, seen = time.monotonic(), None
        while time.monotonic() < end:
            now = dict(self.progress)
            if now != seen or any(state != "end" for state in now.values()):
                if now != seen:
                    changed, seen = time.monotonic(), now
            elif time.monotonic() - changed >= quiet:
                return
            time.sleep(0.2)

    def open(self, path):
        """Shows a file to the server, as an editor would."""
        if path in self.opened:
            return
        self.opened[path] = True
        text = (self.root / path).read_text(encoding="utf-8")
        language = self.language(path) if callable(self.language) else self.language
        self.notify("textDocument/didOpen", {"textDocument": {
            "uri": self.uri(path), "languageId": language, "version": 1, "text": text}})

    def close_files(self):
        """Takes back every file that was shown."""
        for path in list(self.opened):
            self.notify("textDocument/didClose", {"textDocument": {"uri": self.uri(path)}})
        self.opened.clear()

    def stop(self):
        """Ends the server."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def uri(self, path):
        """The URI of a file of the workspace."""
        return "file://" + quote(str(self.root / path))

    def _initialize(self, options):
        self.request("initialize", {
            "processId": None, "rootUri": "file://" + quote(str(self.root)),
            "rootPath": str(self.root),
            "workspaceFolders": [{"uri": "file://" + quote(str(self.root)), "name": "root"}],
            "initializationOptions": options or {},
            "capabilities": {
                "workspace": {"configuration": True, "workspaceFolders": True},
                "window": {"workDoneProgress": True},
                "textDocument": {"references": {}, "definition": {"linkSupport": False},
                                 "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
                                 "synchronization": {}},
            },
        }, 300)
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": self.settings})

    def _ask(self, method, path, line, column, limit, **more):
        self.open(path)
        return self.request(method, {
            "textDocument": {"uri": self.uri(path)},
            "position": {"line": line - 1, "character": column - 1}, **more}, limit)

    def request(self, method, params, limit):
        """One request and its answer."""
        self.next_id += 1
        asked = self.next_id
        self._send({"jsonrpc": "2.0", "id": asked, "method": method, "params": params})
        end = time.monotonic() + limit
        while True:
            try:
                message = self.answers.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                self.notify("$/cancelRequest", {"id": asked})
                raise Silent(f"{method}: no answer in {limit:.0f} s") from None
            if message is None:
                raise Silent(f"{method}: the server ended")
            if message.get("id") != asked:
                continue
            if "error" in message:
                raise Silent(f"{method}: {message['error'].get('message')}")
            return message.get("result")

    def notify(self, method, params):
        """A message without an answer."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message):
        body = json.dumps(message).encode()
        try:
            with self.write_lock:
                self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                self.process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise Silent("the server ended") from None

    def _read(self):
        pipe = self.process.stdout
        try:
            while True:
                size = 0
                while (header := pipe.readline()) not in (b"\r\n", b"\n"):
                    if not header:
                        self.answers.put(None)
                        return
                    if header.lower().startswith(b"content-length:"):
                        size = int(header.split(b":")[1])
                self._take(json.loads(pipe.read(size)))
        except (ValueError, OSError, Silent):
            self.answers.put(None)

    def _take(self, message):
        """An answer goes to whoever asked; the server's own questions get an answer here."""
        method = message.get("method")
        if method is None:
            self.answers.put(message)
        elif method == "$/progress":
            value = message["params"]["value"]
            if isinstance(value, dict):
                self.progress[str(message["params"]["token"])] = value.get("kind")
        elif "id" in message:
            result = None
            if method == "workspace/configuration":
                result = [self._setting(item.get("section"))
                          for item in message["params"]["items"]]
            elif method == "workspace/workspaceFolders":
                result = [{"uri": "file://" + quote(str(self.root)), "name": "root"}]
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _setting(self, section):
        value = self.settings
        for name in (section or "").split("."):
            if name:
                value = value.get(name) if isinstance(value, dict) else None
        return value

    def _places(self, found):
        found = [found] if isinstance(found, dict) else found or []
        places = set()
        for location in found:
            uri = location.get("uri") or location.get("targetUri")
            span = location.get("range") or location.get("targetSelectionRange")
            path = Path(unquote(urlparse(uri).path))
            if path.is_relative_to(self.root):
                start = span["start"]
                places.add((path.relative_to(self.root).as_posix(), start["line"] + 1,
                            start["character"] + 1))
        return sorted(places)
