#!/usr/bin/env python3
"""Makes the oracle for Python: asks four type checkers about sampled symbols of Django and keeps
what at least two agree on. Raw answers are kept in the cache and asked for only once."""

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import checkers  # noqa: E402  (the path has to be set first)
import observe  # noqa: E402
import sample_python  # noqa: E402
from lib import corpora  # noqa: E402
from lsp import Silent  # noqa: E402
from vote import Asked, agree_on_definitions, agree_on_references, write  # noqa: E402

#: How many symbols are asked about, so that enough are left when some have no references.
ASKED = {"sampled": 200, "hard": 120, "definitions": 500}
KEPT = {"sampled": sample_python.KINDS, "hard": {"method": 24, "untyped": 8, "reexport": 8}}


def main():
    """Asks whoever is named, then votes and writes the oracle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ask", default=",".join(checkers.STARTERS), metavar="CHECKER,...",
                        help="who is asked what has no raw answer yet; empty: only vote")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds for one answer")
    parser.add_argument("--observe", action="store_true", help="let Django's tests run")
    parser.add_argument("--python", default="python3.13", help="3.12 or newer, for that")
    options = parser.parse_args()
    corpus = corpora.prepare("django", HERE.parent.parent)
    chosen = choose(corpus)
    folder = corpora.cache() / "oracle" / "raw" / corpus.root.name
    seen = folder / "observed.json"
    if options.observe:
        observe.observe(corpus.root, chosen["sampled"] + chosen["hard"], seen, options.python)
    observed = json.loads(seen.read_text()) if seen.exists() else {}
    raw = {}
    for name in checkers.STARTERS:
        raw[name] = Asked(folder / f"{name}.json")
        if name in options.ask.split(","):
            ask(name, corpus.root, chosen, raw[name], options.limit)
    definitions = agree_on_definitions(chosen["definitions"], raw)
    symbols = []
    for group in ("sampled", "hard"):
        # Getter and setter of a property are one thing to some tools and two to others.
        single = [item for item in chosen[group] if sample_python.once(corpus.root, item)]
        symbols += agree_on_references(single, raw, KEPT[group], corpus.root, observed)
    write(HERE / "oracles" / "python-django.json", {
        "corpus": corpus.root.name, "language": "python",
        "tools": {name: checkers.VERSIONS[name] for name in sorted(raw) if raw[name].answers},
        "symbols": symbols, "definitions": definitions})


def choose(corpus):
    """What is asked about; parsing all of Django takes a while, so it is kept."""
    kept = corpora.cache() / "oracle" / "raw" / corpus.root.name / "chosen.json"
    if not kept.exists():
        sources = sample_python.Sources(corpus.root)
        sampled, hard = sample_python.symbols(sources, "django", ASKED["sampled"], ASKED["hard"])
        uses = sample_python.uses(sources, ASKED["definitions"])
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({
            name: [vars(item) for item in items] for name, items in
            (("sampled", sampled), ("hard", hard), ("definitions", uses))}, indent=1))
    return {name: [sample_python.Symbol(**item) for item in items]
            for name, items in json.loads(kept.read_text()).items()}


def ask(name, root, chosen, raw, limit):
    """Puts every question that has no answer yet to one checker."""
    questions = [("references", item) for group in ("sampled", "hard") for item in chosen[group]]
    # Neighbours in one file are asked together: servers forget what is closed.
    questions += [("definition", item) for item in chosen["definitions"]]
    questions = [(what, item) for what, item in questions if not raw.has(what, item)]
    if not questions:
        return
    server, started = None, time.monotonic()
    for number, (what, item) in enumerate(questions, 1):
        begun = time.monotonic()
        try:
            server = server or checkers.STARTERS[name](root)
            raw.put(what, item, getattr(server, what)(item.path, item.line, item.column, limit))
        except Silent as reason:
            raw.put(what, item, str(reason))
            if "no answer" in str(reason) or "ended" in str(reason):
                server and server.stop()
                server = None
        took = time.monotonic() - begun
        if took > 20 or number % 50 == 0:
            print(f"{name}: {number}/{len(questions)} {what} {item.name}: {took:.1f} s, "
                  f"{time.monotonic() - started:.0f} s in all", flush=True)
            raw.save()
        if server and number % 25 == 0:
            server.close_files()
    raw.save()
    server and server.stop()


if __name__ == "__main__":
    main()
