"""MONO's protocol, spoken to the real service: as the document gives it, and what it leaves open."""

import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest

from service import (NOBODY, ROOT, ServiceTest, alloc, binary, free, search, wait_until,
                     write_codebase)

from mono_client import MemSearchClient


class Document(ServiceTest):
    """What the document shows."""

    def test_startup_lines(self):
        rule = "=" * 80
        self.assertEqual("".join(self.service.banner), (
            rule + "\nMONO Memory Search Service\n" + rule + "\n\n"
            "Request listener started on " + self.service.request_socket + "\n"
            "Worker thread started\n"
            "Service running. Press Ctrl+C to stop.\n"))

    def test_loading_lines(self):
        self.raw(NOBODY)
        _, output = self.service.stop(signal.SIGINT)
        self.assertEqual(output, "Loading files into memory from: {}\n"
                         "Loaded 3 files (0.00 MB total) into memory\n".format(self.code))

    def test_replies(self):
        requests, responses = self.raw(12345678)
        requests.send(search(12345678, "fn \\w+", case_sensitive=False))
        self.assertEqual(responses.read(), {
            "response_status": 1,
            "text": "src/lib.rs:2:fn search() {}\nsrc/main.rs:2:fn main() {}"})
        requests.send(search(12345678, "no such thing"))
        self.assertEqual(responses.read(), {"response_status": 1, "text": ""})

    def test_a_pid_without_codebase(self):
        with self.service.connect() as requests:
            requests.send(search(12345, "x"))
            self.assertEqual(requests.read(), {
                "response_status": 0,
                "error": "PID 12345 has no allocated codebase. Call alloc_pid first."})
        self.assertEqual(self.service.sockets(), ["daemon.sock", "requests.sock"])

    def test_case(self):
        requests, responses = self.raw(NOBODY)
        for fields, found in (({}, 3), ({"case_sensitive": False}, 3), ({"case_sensitive": True}, 2)):
            requests.send(search(NOBODY, "use", **fields))
            self.assertEqual(len(responses.read()["text"].split("\n")), found, fields)

    def test_answers_are_those_of_ripgrep(self):
        rg = os.environ.get("RG") or shutil.which("rg")
        if not rg:
            self.skipTest("there is no ripgrep: set RG")
        with self.client() as client:
            client.alloc_pid(ROOT)
            for pattern, sensitive in (("use std", False), ("def \\w+_pid", True), ("^$", True)):
                case = [] if sensitive else ["-i"]
                out = subprocess.run([rg, "-n", "--no-heading", "--sort", "path", *case, pattern],
                                     cwd=str(ROOT), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, check=True)
                expected = out.stdout.decode("utf-8", "replace")
                found = client.ripgrep(pattern, case_sensitive=sensitive)
                self.assertIsNone(client.last_note)
                self.assertEqual(found + "\n", expected)

    def test_changes_are_seen_at_once(self):
        with self.client() as client:
            client.alloc_pid(self.code)
            for i in range(50):
                (self.code / "src" / "new.rs").write_text("fn fresh_{}() {{}}\n".format(i))
                self.assertEqual(client.ripgrep("fresh_"),
                                 "src/new.rs:1:fn fresh_{}() {{}}".format(i))
            (self.code / "src" / "new.rs").unlink()
            self.assertEqual(client.ripgrep("fresh_"), "")

    def test_connections_for_every_request_and_every_reply(self):
        """A client may as well connect anew each time, on both sides."""
        for request in (alloc(NOBODY, self.code), search(NOBODY, "main"), search(NOBODY, "main")):
            with self.service.connect() as requests:
                requests.send(request)
            with self.service.responses(NOBODY) as responses:
                self.assertEqual(responses.read()["response_status"], 1)

    def test_replies_wait_for_their_client(self):
        with self.service.connect() as requests:
            requests.send(alloc(NOBODY, self.code))
            for _ in range(30):
                requests.send(search(NOBODY, "main"))
            time.sleep(0.2)
            with self.service.responses(NOBODY) as responses:
                self.assertIn("Allocated", responses.read()["text"])
                for _ in range(30):
                    self.assertEqual(responses.read()["text"], "src/main.rs:2:fn main() {}")

    def test_half_closed_connections(self):
        """`nc` without input, on both sides."""
        with self.service.connect() as requests:
            requests.send(alloc(NOBODY, self.code))
            requests.socket.shutdown(1)
            self.assertIsNone(requests.read())
        with self.service.responses(NOBODY) as responses:
            responses.socket.shutdown(1)
            self.assertIn("Allocated", responses.read()["text"])
            with self.service.connect() as requests:
                requests.send(search(NOBODY, "main"))
                self.assertIn("main", responses.read()["text"])

    def test_the_test_client(self):
        out = subprocess.run(
            [sys.executable, str(ROOT / "python" / "test_client.py"), str(self.code)],
            env=self.service.environment, stdout=subprocess.PIPE, timeout=60, check=True)
        text = re.sub(r"\d+\.\d+ms", "0.00ms", out.stdout.decode())
        rule = "=" * 80
        self.assertEqual(text, "\n".join([
            rule, "MONO Memory Search Service - Test Client", rule, "",
            "Codebase: {}".format(self.code), "",
            "[1] Allocating codebase (memory-mapping files)...",
            "Loading files into memory from: {}".format(self.code),
            "Loaded 3 files (0.00 MB total) into memory",
            "    ✓ Allocated in 0.00ms", "    Response: Allocated 3 files", "",
            "[2] Searching for 'use'...", "    ✓ Found 3 matches in 0.00ms", "",
            "[3] Speed test - 10 repeated searches...",
            "    Average: 0.00ms", "    Min:     0.00ms", "    Max:     0.00ms", "",
            rule, "SUCCESS", rule, "✓ Memory-mapped search working!",
            "✓ Average search time: 0.00ms",
            "✓ Typical subprocess overhead saved: ~10-15ms per search", rule, ""]))


class Requests(ServiceTest):
    """Requests as they may arrive, and those that make no sense."""

    def test_split_and_joined(self):
        requests, responses = self.raw(NOBODY)
        request = b'{"type": "request_ripgrep",\n "pid": %d, "pattern": "}main|fn m"}' % NOBODY
        for i in range(len(request)):
            requests.send(request[i:i + 1])
        self.assertIn("fn main", responses.read()["text"])
        for size in (1, 7, 50):
            data = (request + b"\n") * 2 + request
            for i in range(0, len(data), size):
                requests.send(data[i:i + size])
            for _ in range(3):
                self.assertIn("fn main", responses.read()["text"])

    def test_malformed(self):
        with self.service.connect() as requests:
            for bad in (b"nonsense\n", b'{"type": \n nope}\n', b'{"type": "free_pid", "pid": 1\n{}\n',
                        b"\xff\xfe\n", b"[1, 2]\n", b"17\n", b"}\n"):
                requests.send(bad)
                self.assert_refused(requests.read(), "JSON")
            with self.service.connect() as other:
                other.send(b"nonsense without an end of line")
                other.socket.shutdown(1)
                self.assert_refused(other.read(), "not valid JSON")
                self.assertIsNone(other.read())

    def test_fields(self):
        requests, responses = self.raw(NOBODY)
        for fields, words in (
                ({"type": "request_ripgrep"}, "`pattern` is missing"),
                ({"type": "request_ripgrep", "pattern": 5}, "`pattern` is missing or not a string"),
                ({"type": "request_ripgrep", "pattern": "x", "case_sensitive": "no"},
                 "neither true nor false"),
                ({"type": "alloc_pid"}, "`repo_dir_path` is missing"),
                ({"type": "request_grep"}, "There is no request type `request_grep`: use alloc_pid"),
                ({}, "`type` is missing")):
            requests.send({"pid": NOBODY, **fields})
            self.assert_refused(responses.read(), words)
        for pid in (None, 0, -1, 1.5, "12345", True):
            requests.send({"type": "request_ripgrep", "pattern": "x", "pid": pid})
            self.assert_refused(requests.read(), "`pid` is missing or not a positive integer")

    def test_too_large(self):
        with self.service.connect() as requests:
            requests.send(search(NOBODY, "x" * (64 << 20)))
            self.assert_refused(requests.read(), "at most 1048576 bytes")
            self.assertIsNone(requests.read())
        self.raw(NOBODY)

    def test_bad_patterns(self):
        requests, responses = self.raw(NOBODY)
        for bad in ("(", "[a", "a{999999999}", "(?<!x)y"):
            requests.send(search(NOBODY, bad))
            self.assert_refused(responses.read(), "not a valid regular expression")
        requests.send(search(NOBODY, "main"))
        self.assertIn("main", responses.read()["text"])

    def test_bad_directories(self):
        for i, bad in enumerate(("/no/such/dir", str(self.code / "README.md"), "relative", "")):
            with self.service.connect() as requests:
                requests.send(alloc(NOBODY + i, bad))
                with self.service.responses(NOBODY + i) as responses:
                    self.assert_refused(responses.read(), "Cannot allocate `{}`".format(bad))
                    requests.send(search(NOBODY + i, "x"))
                    self.assert_refused(responses.read(), "has no allocated codebase")

    def test_a_codebase_that_vanishes(self):
        requests, responses = self.raw(NOBODY)
        shutil.rmtree(self.code)
        requests.send(search(NOBODY, "main"))
        self.assert_refused(responses.read(), "Call alloc_pid with a directory that exists")

    def test_results_are_bounded(self):
        (self.code / "src" / "big.txt").write_text("needle in a line\n" * 500_000)
        requests = self.service.connect()
        requests.send(alloc(NOBODY, self.code))
        responses = self.service.responses(NOBODY)
        responses.read()
        requests.send(search(NOBODY, "needle"))
        reply = responses.read()
        self.assertIn("truncated", reply["note"])
        self.assertLessEqual(len(reply["text"]), 4 << 20)
        self.assertGreater(len(reply["text"]), 4_000_000)
        self.assertTrue(reply["text"].endswith("needle in a line"))
        requests.close()
        responses.close()


class Lives(ServiceTest):
    """Clients come and go."""
    arguments = ("--no-cache", "--client-grace", "0.5")

    def is_allocated(self, pid):
        return os.path.exists(self.service.response_socket(pid))

    def test_free(self):
        requests, responses = self.raw(NOBODY)
        requests.send(free(NOBODY))
        self.assertEqual(requests.read(),
                         {"response_status": 1, "text": "Freed PID {}".format(NOBODY)})
        self.assertFalse(self.is_allocated(NOBODY))
        self.assertIsNone(responses.read())
        for request in (free(NOBODY), search(NOBODY, "x")):
            requests.send(request)
            self.assert_refused(requests.read(), "has no allocated codebase")
        self.raw(NOBODY)

    def test_a_client_that_goes_away(self):
        requests, responses = self.raw(NOBODY)
        time.sleep(1.2)
        self.assertTrue(self.is_allocated(NOBODY), "it was connected all the time")
        requests.close()
        responses.close()
        self.assertTrue(wait_until(lambda: not self.is_allocated(NOBODY)))

    def test_a_client_that_comes_back_in_time(self):
        requests, responses = self.raw(NOBODY)
        responses.close()
        time.sleep(0.2)
        with self.service.responses(NOBODY) as responses:
            time.sleep(1)
            requests.send(search(NOBODY, "main"))
            self.assertIn("main", responses.read()["text"])

    def test_a_process_that_ends(self):
        process = subprocess.Popen(["sleep", "600"])
        # Connected from here, so only the process's end can free it.
        requests, responses = self.raw(process.pid)
        other_requests, other_responses = self.raw(NOBODY)
        process.kill()
        self.assertTrue(wait_until(lambda: not self.is_allocated(process.pid)))
        process.wait()
        self.assertIsNone(responses.read())
        other_requests.send(search(NOBODY, "main"))
        self.assertIn("main", other_responses.read()["text"])

    def test_one_pid_twice(self):
        first, first_responses = self.raw(NOBODY)
        second = self.service.connect()
        self.addCleanup(second.close)
        second.send(alloc(NOBODY, self.code))
        self.assertEqual(first_responses.read()["text"], "Allocated 3 files")
        responses = self.service.responses(NOBODY)
        self.addCleanup(responses.close)
        self.assertIsNone(first_responses.read(), "the newest connection is the client's")
        for requests in (first, second):
            requests.send(search(NOBODY, "main"))
            self.assertIn("main", responses.read()["text"])

    def test_one_pid_with_another_codebase(self):
        requests, responses = self.raw(NOBODY)
        other = write_codebase(self.service.dir / "other", "another")
        # The search before the change is still answered from the first.
        for request in (search(NOBODY, "fn \\w+", ), alloc(NOBODY, other), search(NOBODY, "fn a")):
            requests.send(request)
        self.assertIn("fn main", responses.read()["text"])
        self.assertEqual(responses.read()["text"], "Allocated 3 files")
        self.assertEqual(responses.read()["text"], "src/main.rs:2:fn another() {}")
        requests.send(alloc(NOBODY, "/no/such/dir"))
        self.assert_refused(responses.read(), "Cannot allocate")
        requests.send(search(NOBODY, "fn a"))
        self.assertIn("another", responses.read()["text"])

    def test_a_client_that_does_not_read(self):
        (self.code / "big.txt").write_text("needle in a line\n" * 100_000)
        lazy = self.service.connect()
        self.addCleanup(lazy.close)
        lazy.send(alloc(NOBODY, self.code))
        responses = self.service.responses(NOBODY)
        self.addCleanup(responses.close)
        for _ in range(40):
            lazy.send(search(NOBODY, "needle"))
        requests, other = self.raw(NOBODY + 1, write_codebase(self.service.dir / "other"))
        requests.send(search(NOBODY + 1, "main"))
        self.assertIn("main", other.read()["text"])
        self.assertIn("Allocated", responses.read()["text"])
        for _ in range(40):
            self.assertEqual(responses.read()["text"].count("\n"), 99_999)


class Sockets(ServiceTest):
    """Starting, stopping, and what lies in the way."""

    def test_modes(self):
        self.raw(NOBODY)
        for name in self.service.sockets():
            mode = os.lstat(str(self.service.dir / name)).st_mode
            self.assertTrue(stat.S_ISSOCK(mode))
            self.assertEqual(stat.S_IMODE(mode), 0o600, name)

    def test_signals_leave_nothing(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            self.raw(NOBODY)
            status, output = self.service.stop(how)
            self.assertEqual((status, self.service.sockets()), (0, []), output)
            self.service.start(*self.arguments)

    def test_a_second_service_is_told(self):
        second = self.service.spawn()
        output, _ = second.communicate(timeout=30)
        self.assertEqual(second.returncode, 1)
        self.assertIn("something is already listening on " + self.service.request_socket, output)
        self.raw(NOBODY)

    def test_dead_sockets_are_recovered(self):
        self.raw(NOBODY)
        self.service.stop(signal.SIGKILL)
        self.assertEqual(len(self.service.sockets()), 3)
        self.service.start(*self.arguments)
        self.assertEqual(self.service.sockets(), ["daemon.sock", "requests.sock"])
        self.raw(NOBODY)

    def test_other_files_are_left_alone(self):
        precious = self.service.dir / "precious"
        precious.write_text("mine")
        for pid, make in ((NOBODY, lambda path: path.symlink_to(precious)),
                          (NOBODY + 1, lambda path: path.write_text("mine"))):
            path = pathlib.Path(self.service.response_socket(pid))
            make(path)
            with self.service.connect() as requests:
                requests.send(alloc(pid, self.code))
                self.assert_refused(requests.read(), "is not a socket of this user: remove it")
            self.assertEqual(path.read_text(), "mine")
        self.service.stop()
        pathlib.Path(self.service.request_socket).symlink_to(precious)
        output, _ = self.service.spawn().communicate(timeout=30)
        self.assertIn("is not a socket of this user", output)
        self.assertEqual(precious.read_text(), "mine")

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_other_users_are_refused(self):
        """Even where the socket's mode would let them in."""
        os.chmod(str(self.service.dir), 0o755)
        os.chmod(self.service.request_socket, 0o666)
        child = os.fork()
        if child == 0:
            try:
                os.setuid(65534)
                with self.service.connect() as requests:
                    requests.send(search(NOBODY, "x"))
                    os._exit(0 if requests.read() is None else 1)
            except (BrokenPipeError, ConnectionResetError):
                os._exit(0)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.WEXITSTATUS(status), 0)
        self.raw(NOBODY)

    def test_beside_a_daemon(self):
        """The daemon's own socket is taken: MONO is served all the same."""
        environment = dict(self.service.environment,
                           MEM_SEARCH_REQUEST_SOCKET=str(self.service.dir / "second.sock"))
        second = subprocess.Popen([binary("mem-search-service")], env=environment,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(second.stdout.close)
        self.addCleanup(second.wait)
        self.addCleanup(second.terminate)
        lines = [second.stdout.readline() for _ in range(7)]
        self.assertIn("Service running", lines[-1])
        client = MemSearchClient(environment["MEM_SEARCH_REQUEST_SOCKET"], self.service.template)
        with client:
            self.assertEqual(client.alloc_pid(self.code), "Allocated 3 files")

    def test_the_daemons_own_socket_is_served(self):
        self.raw(NOBODY)
        out = subprocess.run([binary("coderoom"), "status"], env=self.service.environment,
                             stdout=subprocess.PIPE, text=True, timeout=30, check=True)
        self.assertIn(str(self.code), out.stdout)

    def test_flags_are_checked(self):
        for arguments, words in ((("--response-socket", "/tmp/one.sock"), "must contain {pid}"),
                                 (("--client-grace", "soon"), "not a number"),
                                 (("--request-socket", "/no/such/dir/a.sock"), "cannot listen on")):
            process = self.service.spawn(*arguments)
            output, _ = process.communicate(timeout=30)
            self.assertNotEqual(process.returncode, 0)
            self.assertIn(words, output)


if __name__ == "__main__":
    unittest.main()
