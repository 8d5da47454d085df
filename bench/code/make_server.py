#!/usr/bin/env python3
"""Makes the oracle of a language that has one authority, by asking its language server about
symbols drawn from what it says the files define. Raw answers are kept in the cache."""

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import sample  # noqa: E402  (the path has to be set first)
from languages import LANGUAGES  # noqa: E402
from lib import corpora  # noqa: E402
from lsp import Silent  # noqa: E402
from vote import Asked, write  # noqa: E402


def main():
    """Asks, then writes the oracle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("oracle", choices=LANGUAGES)
    parser.add_argument("--limit", type=float, default=180.0, help="seconds for one answer")
    parser.add_argument("--sampled", type=int, default=160)
    parser.add_argument("--hard", type=int, default=40)
    parser.add_argument("--definitions", type=int, default=300)
    options = parser.parse_args()
    language = LANGUAGES[options.oracle]
    root = language.corpus()
    corpus = sample.Corpus(root, language)
    asker = Asker(language, root, options.limit)
    try:
        outlines = asker.outlines(corpus)
        known = {(path, line, column) for path, places in outlines.items()
                 for line, column, kind, _ in places if kind not in sample.BLOCKS}
        sampled, hard = sample.symbols(corpus, outlines, options.sampled * 2, options.hard * 3)
        symbols = asker.references(sampled, options.sampled, known, corpus)
        symbols += asker.references(hard, options.hard, known, corpus)
        uses = sample.uses(corpus, outlines, options.definitions * 3)
        definitions = asker.definitions(uses, options.definitions)
        tools = asker.versions()
    finally:
        asker.stop()
    write(HERE / "oracles" / f"{options.oracle}.json", {
        "corpus": root.name, "language": language.name, "tools": tools,
        "symbols": symbols, "definitions": definitions})


class Asker:
    """A server that is started when there is something to ask, and what it has said before."""

    def __init__(self, language, root, limit):
        self.language, self.root, self.limit = language, root, limit
        folder = corpora.cache() / "oracle" / "raw" / root.name
        self.raw = Asked(folder / "server.json")
        self.kept_outlines = folder / "outlines.json"
        self.kept_versions = folder / "versions.json"
        self.server = None
        self.asked = 0

    def outlines(self, corpus):
        """What every file defines."""
        if not self.kept_outlines.exists():
            found = {}
            for path in corpus.lines:
                self.start()
                found[path] = self.server.symbols(path, self.limit)
                self.server.close_files()
            self.kept_outlines.parent.mkdir(parents=True, exist_ok=True)
            self.kept_outlines.write_text(json.dumps(found))
        return json.loads(self.kept_outlines.read_text())

    def references(self, items, most, known, corpus):
        """The first symbols that are used somewhere. Places where something of that name is
        defined (the symbol, what overrides or implements it) count neither way."""
        symbols = []
        for item in items:
            places = self.ask("references", item)
            neutral = {(path, line) for path, line, column in places or []
                       if (path, line, column) in known}
            neutral.add((item.path, item.line))
            lines = {(path, line) for path, line, _ in places or []} - neutral
            if not lines:
                continue
            symbols.append({
                "path": item.path, "line": item.line, "column": item.column, "name": item.name,
                "kind": item.kind, "group": item.group,
                "references": [list(place) for place in sorted(lines)],
                "neutral": [list(place) for place in sorted(neutral)]})
            if len(symbols) == most:
                break
        return sorted(symbols, key=lambda item: (item["path"], item["line"], item["column"]))

    def definitions(self, items, most):
        """The first uses that have one definition, and that not in the same place."""
        found = {}
        shares = {"member": most // 2, "name": most - most // 2}
        for item in items:
            if not shares[item.kind]:
                continue
            lines = {(path, line) for path, line, _ in self.ask("definition", item) or []}
            if len(lines) != 1 or (item.path, item.line) in lines:
                continue
            shares[item.kind] -= 1
            found[item.path, item.line, item.column] = {
                "path": item.path, "line": item.line, "column": item.column, "name": item.name,
                "kind": item.kind, "group": item.group, "target": list(lines.pop())}
        return [found[place] for place in sorted(found)]

    def ask(self, what, item):
        """One answer, from the file if it was given before."""
        if not self.raw.has(what, item):
            begun = time.monotonic()
            try:
                self.start()
                question = getattr(self.server, what)
                self.raw.put(what, item,
                             question(item.path, item.line, item.column, self.limit))
            except Silent as reason:
                self.raw.put(what, item, str(reason))
                print(f"{what} {item.name}: {reason}", flush=True)
                if self.server and self.server.process and self.server.process.poll() is not None:
                    self.server = None
            took = time.monotonic() - begun
            self.asked += 1
            if self.asked % 50 == 0 or took > 20:
                print(f"{self.asked} asked, {what} {item.name}: {took:.1f} s", flush=True)
                self.raw.save()
        return self.raw.get(what, item)

    def start(self):
        """Starts the server, once."""
        if self.server is None:
            self.server, versions = self.language.start(self.root)
            self.kept_versions.parent.mkdir(parents=True, exist_ok=True)
            self.kept_versions.write_text(json.dumps(versions))

    def versions(self):
        """The versions of what was asked."""
        return json.loads(self.kept_versions.read_text())

    def stop(self):
        """Keeps what was said and ends the server."""
        self.raw.save()
        if self.server:
            self.server.stop()


if __name__ == "__main__":
    main()
