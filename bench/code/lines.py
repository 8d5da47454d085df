"""A client for the small programs here that put a library to use: a line of JSON is the question,
a line of JSON the answer. It has the methods of `lsp.Server` that are asked for."""

import json
import subprocess
import threading

from lsp import Silent


class LineServer:
    """Such a program, started at the first question and again after one that took too long."""

    def __init__(self, argv, env, log):
        self.argv, self.env, self.log = [str(word) for word in argv], env, log
        self.process = None

    def references(self, path, line, column, limit):
        """All references of the symbol at a place."""
        return self._places(["references", path, line, column], limit)

    def definition(self, path, line, column, limit):
        """Where the symbol at a place is defined."""
        return self._places(["definition", path, line, column], limit)

    def symbols(self, path, limit):
        """What a file defines: `(line, column, kind, kinds of what is around it)`."""
        return self._ask(["symbols", path, 0, 0], limit)

    def close_files(self):
        """Nothing is open."""

    def stop(self):
        """Ends the program."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _places(self, question, limit):
        return sorted({tuple(place) for place in self._ask(question, limit)})

    def _ask(self, question, limit):
        if self.process is None:
            self.process = subprocess.Popen(self.argv, env=self.env, text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=open(self.log, "ab"))
        watchdog = threading.Timer(limit, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline() or "null")
        except (OSError, ValueError):
            answer = None
        finally:
            watchdog.cancel()
        if answer is None:
            self.stop()
            raise Silent(f"{question[0]}: no answer in {limit:.0f} s")
        if isinstance(answer, str):
            raise Silent(f"{question[0]}: {answer}")
        return answer
