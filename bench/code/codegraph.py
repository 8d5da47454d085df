"""Asks codegraph, an index of symbols and calls for agents. Its own answers are cut to what a
model reads, so its database is read instead: everything that it knows, whatever it would show."""

import shutil
import sqlite3
import time

from lib.corpora import cache, call, quiet_environment

PACKAGE, VERSION = "@colbymchenry/codegraph", "1.6.1"


def program():
    """Installs codegraph in the cache."""
    target = cache() / "peers" / f"codegraph-{VERSION}"
    if not (target / "node_modules").exists():
        call(["npm", "install", "--no-audit", "--no-fund", "--prefix", target,
              f"{PACKAGE}@{VERSION}"])
    return target / "node_modules" / ".bin" / "codegraph"


def environment():
    """It reports home, looks for updates and leaves a daemon behind unless told not to."""
    return {**quiet_environment(), "DO_NOT_TRACK": "1", "CODEGRAPH_TELEMETRY": "0",
            "CODEGRAPH_NO_UPDATE_CHECK": "1", "CODEGRAPH_NO_DAEMON": "1",
            "CODEGRAPH_NO_DOWNLOAD": "1"}


class Codegraph:
    """The index of a copy of the corpus, because it is kept inside the tree."""

    def __init__(self, root, language, binary=None):
        copy = cache() / "indexes" / f"{root.name}.codegraph"
        if not (copy / ".codegraph" / "codegraph.db").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git"))
            begun = time.perf_counter()
            call([binary or program(), "init", copy], cwd=copy, env=environment())
            print(f"codegraph indexed in {time.perf_counter() - begun:.1f} s", flush=True)
        self.data = sqlite3.connect(copy / ".codegraph" / "codegraph.db")

    def references(self, item):
        """The places of all edges to the symbol, of whatever kind."""
        # A header's declaration is no symbol to it; the definition elsewhere then is.
        places = [(item["path"], item["line"]), *item.get("neutral", [])]
        nodes = (self.node(path, line, item["name"]) for path, line in places)
        node = next(filter(None, nodes), None)
        if node is None:
            return []
        found = self.data.execute(
            "select nodes.file_path, edges.line, edges.kind from edges join nodes on "
            "nodes.id = edges.source where edges.target = ? and edges.kind <> 'contains' and "
            "edges.line is not null", node)
        return [{"path": path, "line": line, "column": 1, "role": role}
                for path, line, role in found]

    def node(self, path, line, name):
        """The innermost symbol of that name around a line."""
        return self.data.execute(
            "select id from nodes where file_path = ? and name = ? and kind <> 'import' and "
            "start_line <= ? and end_line >= ? order by start_line desc limit 1",
            (path, name, line, line)).fetchone()

    def definition(self, item):
        """Where the edges of that name from that line go."""
        found = self.data.execute(
            "select target.file_path, target.start_line from edges join nodes source on "
            "source.id = edges.source join nodes target on target.id = edges.target where "
            "source.file_path = ? and edges.line = ? and target.name = ? and "
            "edges.kind <> 'contains'", (item["path"], item["line"], item["name"]))
        return [{"path": path, "line": line, "column": 1} for path, line in sorted(set(found))]

    def close(self):
        """The index stays."""
        self.data.close()
