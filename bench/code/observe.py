"""Lets Django's own tests run and notes who really calls the chosen functions (see
`observe_calls.py`, which runs inside). Takes a quarter of an hour or more."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from lib.corpora import Missing, cache, call, quiet_environment

#: With these installed, fewer of the tests are skipped.
LIBRARIES = ["asgiref==3.13.0", "sqlparse==0.6.1", "jinja2==3.1.6", "pyyaml==6.0.3",
             "docutils==0.23", "pillow==13.0.0"]
#: Test folders that are run together, so that one that fails costs only its neighbours.
TOGETHER = 6
#: No test packages, tests that need a spatial database, and tests that start a process each.
LEFT_OUT = {"gis_tests", "admin_scripts", "templates", "requirements", "import_error_package",
            "urls"}


def observe(root, chosen, output, python):
    """Runs the tests in a copy of the corpus; what was seen is in `output`."""
    venv = cache() / "oracle" / "observe-venv"
    if not (venv / "bin" / "python").exists():
        version = call([python, "-c", "import sys; print(sys.version_info >= (3, 12))"])
        if version.strip() != "True":
            raise Missing("watching calls needs Python 3.12; --python names one")
        call([python, "-m", "venv", venv])
        call([venv / "bin" / "python", "-m", "pip", "install", "--quiet", *LIBRARIES])
    work = cache() / "oracle" / "work" / f"{root.name}-observed"
    if not work.exists():
        shutil.copytree(root, work, ignore=shutil.ignore_patterns(".git"))
    asked = output.with_name("observed-functions.json")
    asked.write_text(json.dumps([[item.path, item.line, item.name] for item in chosen]))
    labels = sorted(path.parent.name for path in (work / "tests").glob("*/__init__.py")
                    if path.parent.name not in LEFT_OUT)
    script = Path(__file__).resolve().parent / "observe_calls.py"
    for first in range(0, len(labels), TOGETHER):
        part = labels[first:first + TOGETHER]
        print(f"{time.strftime('%H:%M')} tests {part[0]} to {part[-1]} ...", flush=True)
        try:
            subprocess.run([venv / "bin" / "python", script, work, asked, output, *part],
                           env=quiet_environment(), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1800)
        except subprocess.TimeoutExpired:
            print("  took more than half an hour: left out", flush=True)
