"""python/mono_client.py against the real service."""

import concurrent.futures
import os
import unittest

from service import NOBODY, ServiceTest, write_codebase

from mono_client import (MonoError, NotAllocated, RequestFailed, ServiceNotRunning,
                         ServiceUnavailable, ripgrep)


class PythonClient(ServiceTest):
    """python/mono_client.py"""

    def test_quick_start(self):
        with self.client() as client:
            self.assertEqual(client.pid, os.getpid())
            self.assertEqual(client.alloc_pid(self.code), "Allocated 3 files")
            self.assertEqual(client.ripgrep("USE STD"),
                             "src/lib.rs:1:use std::io;\nsrc/main.rs:1:use std::fs;")
            self.assertEqual(client.ripgrep("USE STD", case_sensitive=True), "")
            self.assertIsNone(client.last_note)
            self.assertRegex(client.describe(), r"^Loaded 3 files \(0\.00 MB total\) into memory$")
        self.assertEqual(self.service.sockets(), ["daemon.sock", "requests.sock"])
        client.close()
        with self.assertRaisesRegex(MonoError, "is closed"):
            client.ripgrep("x")

    def test_the_function(self):
        names = "MEM_SEARCH_REQUEST_SOCKET", "MEM_SEARCH_RESPONSE_SOCKET"
        before = {name: os.environ.get(name) for name in names}
        os.environ.update({name: self.service.environment[name] for name in names})
        try:
            self.assertEqual(ripgrep("fn main", str(self.code)), "src/main.rs:2:fn main() {}")
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def test_errors(self):
        client = self.client()
        with self.assertRaisesRegex(NotAllocated, "Call alloc_pid first"):
            client.ripgrep("x")
        with self.assertRaisesRegex(RequestFailed, "Cannot allocate"):
            client.alloc_pid("/no/such/dir")
        with self.assertRaises(NotAllocated):
            client.ripgrep("x")
        client.alloc_pid(self.code)
        with self.assertRaisesRegex(RequestFailed, "regular expression"):
            client.ripgrep("(")
        with self.assertRaisesRegex(RequestFailed, "at most"):
            client.ripgrep("x" * (32 << 20))
        self.assertIn("main", client.ripgrep("main"))

    def test_no_service(self):
        self.service.stop()
        with self.assertRaisesRegex(ServiceNotRunning, "start it with"):
            self.client().alloc_pid(self.code)

    def test_a_new_service(self):
        """A client outlives the service: it allocates again by itself."""
        client = self.client()
        client.alloc_pid(self.code)
        self.service.stop()
        with self.assertRaises((ServiceNotRunning, ServiceUnavailable)):
            client.ripgrep("main")
        self.service.start(*self.arguments)
        self.assertIn("main", client.ripgrep("main"))

    def test_two_clients_of_one_process(self):
        other = write_codebase(self.service.dir / "other", "another")
        with self.client() as first, self.client() as second:
            first.alloc_pid(self.code)
            second.alloc_pid(other)
            for _ in range(5):
                self.assertIn("fn main", first.ripgrep("fn [ma]"))
                self.assertIn("fn another", second.ripgrep("fn [ma]"))

    def test_a_forked_child_leaves_the_client_alone(self):
        with self.client() as client:
            client.alloc_pid(self.code)
            child = os.fork()
            if child == 0:
                try:
                    client.ripgrep("main")
                except MonoError as err:
                    client.close()
                    os._exit(0 if "forked" in str(err) else 1)
                finally:
                    os._exit(2)
            self.assertEqual(os.WEXITSTATUS(os.waitpid(child, 0)[1]), 0)
            self.assertIn("main", client.ripgrep("main"))

    def test_two_clients_with_one_number_take_turns(self):
        with self.client(pid=NOBODY) as first, self.client(pid=NOBODY) as second:
            for client in (first, second, first, second):
                client.alloc_pid(self.code)
                self.assertIn("main", client.ripgrep("main"))

    def test_twenty_clients_at_once(self):
        codes = [write_codebase(self.service.dir / "c{}".format(i), "name{}".format(i))
                 for i in range(5)]

        def work(i):
            with self.client() as client:
                client.alloc_pid(codes[i % 5])
                return [client.ripgrep("fn name") for _ in range(50)]

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            for i, found in enumerate(pool.map(work, range(20))):
                self.assertEqual(set(found), {"src/main.rs:2:fn name{}() {{}}".format(i % 5)})
        self.assertEqual(self.service.sockets(), ["daemon.sock", "requests.sock"])

    def test_one_client_in_many_threads(self):
        with self.client() as client, concurrent.futures.ThreadPoolExecutor(8) as pool:
            client.alloc_pid(self.code)
            patterns = ["fn main", "fn search"] * 50
            for pattern, found in zip(patterns, pool.map(client.ripgrep, patterns)):
                self.assertIn(pattern, found)


if __name__ == "__main__":
    unittest.main()
