#!/usr/bin/env python3
"""Tries mem-search-service out: python3 test_client.py /path/to/codebase [PATTERN]"""

import sys
import time

from mono_client import MemSearchClient, MonoError

RULE = "=" * 80
SEARCHES = 10


def milliseconds(function, *arguments):
    """Calls the function; its result and the time it took."""
    started = time.perf_counter()
    result = function(*arguments)
    return result, (time.perf_counter() - started) * 1000


def count_matches(results):
    return len(results.split("\n")) if results else 0


def try_out(codebase, pattern):
    print(RULE)
    print("MONO Memory Search Service - Test Client")
    print(RULE)
    print("\nCodebase: {}\n".format(codebase))
    with MemSearchClient() as client:
        print("[1] Allocating codebase (memory-mapping files)...")
        print("Loading files into memory from: {}".format(codebase), flush=True)
        response, taken = milliseconds(client.alloc_pid, codebase)
        print(client.describe())
        print("    ✓ Allocated in {:.2f}ms".format(taken))
        print("    Response: {}\n".format(response))

        print("[2] Searching for '{}'...".format(pattern))
        results, taken = milliseconds(client.ripgrep, pattern)
        print("    ✓ Found {} matches in {:.2f}ms\n".format(count_matches(results), taken))

        print("[3] Speed test - {} repeated searches...".format(SEARCHES))
        times = [milliseconds(client.ripgrep, pattern)[1] for _ in range(SEARCHES)]
    average = sum(times) / len(times)
    print("    Average: {:.2f}ms".format(average))
    print("    Min:     {:.2f}ms".format(min(times)))
    print("    Max:     {:.2f}ms\n".format(max(times)))
    print(RULE)
    print("SUCCESS")
    print(RULE)
    print("✓ Memory-mapped search working!")
    print("✓ Average search time: {:.2f}ms".format(average))
    print("✓ Typical subprocess overhead saved: ~10-15ms per search")
    print(RULE)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python3 test_client.py /path/to/codebase [PATTERN]")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        try_out(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "use")
    except MonoError as err:
        sys.exit("\ntest_client: {}".format(err))


if __name__ == "__main__":
    main()
