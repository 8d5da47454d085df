#!/usr/bin/env python3
"""Django's own tests of one app, through `coderoom run` on a session with a planted bug.

    tests/django_run.py target/debug/coderoom [--app utils_tests.test_text]

They pass at first, fail with the bug, and pass after the session's fix, while every file of the
working directory stays as it is. Django's sources and what its tests need come from PyPI, once.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "5.2.7"
CACHE = Path(os.environ.get("CODEROOM_TESTS_CACHE", Path.home() / ".cache" / "coderoom-tests"))
FILE = "django/utils/text.py"
GOOD = r're_newlines.sub("\n", str(text))'
BUG = 're_newlines.sub(" ", str(text))'
FIX = r're_newlines.sub("\n", f"{text}")'


def main():
    """Runs the whole story; the exit status is 0 if it ends well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coderoom", type=Path)
    parser.add_argument("--app", default="utils_tests.test_text")
    options = parser.parse_args()
    source, libraries = prepare()
    with tempfile.TemporaryDirectory(prefix="coderoom-django-") as folder:
        story(options, Path(folder), source, libraries)
    print(f"django_run: {options.app} passed, failed with the bug and passed after its fix")
    return 0


def prepare():
    """Django's sdist, and a directory with what it needs."""
    CACHE.mkdir(parents=True, exist_ok=True)
    archive = CACHE / f"django-{VERSION}.tar.gz"
    libraries = CACHE / f"django-{VERSION}-libraries"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not archive.is_file():
        subprocess.run([*pip, "download", "--no-deps", "--no-binary", ":all:", "-d", str(CACHE),
                        f"Django=={VERSION}"], check=True)
    if not libraries.is_dir():
        subprocess.run([*pip, "install", "--target", str(libraries), "asgiref", "sqlparse"],
                       check=True)
    return archive, libraries


def story(options, folder, archive, libraries):
    """The working directory, the session, the bug and its fix."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    root = folder / f"django-{VERSION}"
    for name in ("run", "cache", "state"):
        (folder / name).mkdir(mode=0o700)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder / "run"),
                   "XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state"),
                   "CODEROOM_SESSION": "bug", "PYTHONPATH": f"{root}:{libraries}"}
    environment.pop("CODEROOM_SOCKET", None)
    program = str(options.coderoom.resolve())

    def coderoom(*arguments, ok=(0,)):
        done = subprocess.run([program, *arguments], cwd=root, env=environment, text=True,
                              capture_output=True)
        if done.returncode not in ok:
            sys.exit(f"`coderoom {' '.join(arguments)}` ended with {done.returncode}:\n"
                     f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done

    def tests(expected):
        done = coderoom("run", "--", sys.executable, "tests/runtests.py", options.app, ok=(0, 1))
        if done.returncode != expected:
            sys.exit(f"the tests ended with {done.returncode}, not {expected}:\n"
                     f"{done.stdout[-1000:]}{done.stderr[-4000:]}")
        if fingerprint(root) != before:
            sys.exit("the working directory has changed")

    before = fingerprint(root)
    try:
        coderoom("session", "open", "bug")
        tests(0)
        coderoom("edit", FILE, "--old", GOOD, "--new", BUG, "--reason", "a bug")
        tests(1)
        coderoom("edit", FILE, "--old", BUG, "--new", FIX, "--reason", "its fix")
        tests(0)
    finally:
        subprocess.run([program, "stop"], env=environment, check=False,
                       stdout=subprocess.DEVNULL)


def fingerprint(root):
    """A hash of every path and its bytes."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        total.update(str(path).encode())
        if path.is_file() and not path.is_symlink():
            total.update(path.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
