"""`CodeAgent`: a session to edit in, for programs that wait."""

from __future__ import annotations

import os
from typing import Any, Iterable, List, Optional, Sequence, TypeVar

from . import calls
from .calls import Call
from .connection import Connection
from .errors import EditRefused
from .graph import GraphQuestions
from .types import AnyEdit, Answer, Commit, Edit, Error, Location, RunResult, Symbol, SyncResult

T = TypeVar("T")


class CodeAgent(GraphQuestions[Answer]):
    """A private in-memory copy of a project.

    Nothing is written to disk before `sync`. The session stays open when the agent ends, and goes on
    when another one names it; `close` ends it for good.

    Questions that reason (`seek`, `impact`, `trail_resume`...) are in `GraphQuestions`.

    `edit_file` and its like answer whether the edit was made; `last_error` says why not.
    """

    def __init__(
        self,
        root: "str | os.PathLike[str]",
        session: str,
        *,
        config: str = "",
        agent: str = "python",
        fork_of: Optional[str] = None,
    ) -> None:
        """Opens the session, or goes on with it. `config` is the text of a `session.yaml`."""
        self.root = os.path.realpath(root)
        self.session = session
        self.last_error: Optional[EditRefused] = None
        self._agent = agent
        self._connection = Connection()
        call = calls.opened(self.root, session, config, agent, fork_of)
        try:
            self._connection.ask(call.method, call.params)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "CodeAgent":
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()

    def _ask(self, call: Call[T]) -> T:
        params = call.within(self.root, self.session)
        return call.read(self._connection.ask(call.method, params))

    def _try(self, call: Call[bool]) -> bool:
        self.last_error = None
        try:
            return self._ask(call)
        except EditRefused as err:
            self.last_error = err
            return False

    def read_file(self, path: str) -> str:
        """Returns current in-memory content."""
        return self._ask(calls.read_file(path))

    def edit_file(
        self, path: str, old_str: str, new_str: str, *, replace_all: bool = False, reason: str = ""
    ) -> bool:
        """Applies an edit in memory, validates it, and returns success."""
        return self.batch_edits([Edit.replace(path, old_str, new_str, replace_all)], reason=reason)

    def write_file(self, path: str, content: str, *, reason: str = "") -> bool:
        """Writes a whole file, new or not."""
        return self.batch_edits([Edit.write(path, content)], reason=reason)

    def delete_file(self, path: str, *, reason: str = "") -> bool:
        """Deletes a file."""
        return self.batch_edits([Edit.delete(path)], reason=reason)

    def rename_file(self, path: str, to: str, *, reason: str = "") -> bool:
        """Moves a file."""
        return self.batch_edits([Edit.rename(path, to)], reason=reason)

    def batch_edits(
        self, edits: Iterable[AnyEdit], *, reason: str = "", allow_syntax_errors: bool = False
    ) -> bool:
        """Makes edits together: validated holistically, all or none."""
        options = {"agent": self._agent, "allow_syntax_errors": allow_syntax_errors}
        return self._try(calls.edit(edits, reason, **options))

    def validate_plan(self, edits: Iterable[AnyEdit]) -> List[Error]:
        """What would be wrong after these edits, which are not made."""
        return self._ask(calls.judged(edits))

    def get_symbols(self, file: Optional[str] = None, query: str = "") -> List[Symbol]:
        """Instant symbol lookup, optionally filtered by file."""
        return self._ask(calls.get_symbols(file, query))

    def find_references(self, symbol: str, floor: str = "likely") -> List[Location]:
        """All usages of a symbol: its name (`Model.save`), or `FILE:LINE:COLUMN`."""
        return self._ask(calls.find_references(symbol, floor))

    def validate(self, types: Optional[bool] = None) -> List[Error]:
        """What is wrong in the session that was not wrong in its base: syntax, dangling references
        and, where a type checker is found, types."""
        return self._ask(calls.validate(types))

    def get_diff(self, against: str = "base", paths: Sequence[str] = ()) -> str:
        """Current diff from the original state, as `git apply` takes it."""
        return self._ask(calls.get_diff(against, paths))

    def sync(self, paths: Sequence[str] = ()) -> SyncResult:
        """Writes changes to the working directory; false if there are conflicts."""
        return self._ask(calls.sync(paths))

    def undo(self, *, reason: str = "") -> int:
        """Takes the last edit back; gives the number of the log's entry."""
        return self._ask(calls.step("undo", reason))

    def redo(self, *, reason: str = "") -> int:
        """Makes the last undone edit again."""
        return self._ask(calls.step("redo", reason))

    def rollback(self, to: int, *, reason: str = "") -> int:
        """Brings all files back to what they were after entry `to`; 0 is the beginning."""
        return self._ask(calls.step("rollback", reason, to=to))

    def run(
        self,
        command: Sequence[str],
        *,
        take: bool = False,
        timeout: Optional[float] = None,
        stdin: Optional[str] = None,
    ) -> RunResult:
        """Runs a command that sees the session's files; what it writes stays out of the working
        directory, and comes into the session with `take`."""
        return self._ask(calls.run(command, take, timeout, stdin))

    def commit_review(self, reason: str = "") -> Commit:
        """Commits the session's state to its review branch; `.id` is the commit."""
        return self._ask(calls.commit_review(reason))

    def close(self, *, discard: bool = False) -> None:
        """Ends the session. Refused if changes would be lost, unless `discard`."""
        self._ask(calls.closed(discard))
