"""`AsyncCodeAgent`: a session to edit in, for asyncio. The same as `CodeAgent`, awaited."""

from __future__ import annotations

import asyncio
import os
from typing import Any, Awaitable, Iterable, List, Optional, Sequence, TypeVar

from . import calls
from .calls import Call
from .connection import is_listening, request, result, socket_path, start_daemon
from .errors import CodeRoomError, EditRefused
from .graph import GraphQuestions
from .types import AnyEdit, Answer, Commit, Edit, Error, Location, RunResult, Symbol, SyncResult

T = TypeVar("T")


class AsyncCodeAgent(GraphQuestions[Awaitable[Answer]]):
    """A private in-memory copy of a project; see `CodeAgent`.

        async with AsyncCodeAgent(root, session="name") as agent:
            await agent.edit_file("app.py", "retries = 1", "retries = 3")

    Tasks may use one agent at the same time: their questions wait for one another.
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
        """Nothing is opened before the agent is entered, or `open` is awaited."""
        self.root = os.path.realpath(root)
        self.session = session
        self.last_error: Optional[EditRefused] = None
        self._agent = agent
        self._opening = calls.opened(self.root, session, config, agent, fork_of)
        self._streams: "Optional[tuple[asyncio.StreamReader, asyncio.StreamWriter]]" = None
        self._lock = asyncio.Lock()
        self._number = 0

    async def open(self) -> "AsyncCodeAgent":
        """Connects, and opens the session or goes on with it."""
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, is_listening):
            await loop.run_in_executor(None, start_daemon)
        self._streams = await asyncio.open_unix_connection(socket_path(), limit=1 << 30)
        await self._send(self._opening.method, self._opening.params)
        return self

    async def disconnect(self) -> None:
        """Ends the connection; the session stays."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def __aenter__(self) -> "AsyncCodeAgent":
        return await self.open()

    async def __aexit__(self, *_: Any) -> None:
        await self.disconnect()

    async def _send(self, method: str, params: Any) -> Any:
        if self._streams is None:
            raise CodeRoomError("the agent is not open: use `async with`, or await `open()`")
        reader, writer = self._streams
        async with self._lock:
            self._number += 1
            try:
                writer.write(request(self._number, method, params))
                await writer.drain()
                line = await reader.readline()
            except OSError as err:
                raise CodeRoomError(f"the daemon cannot be reached: {err}") from err
        return result(line)

    async def _ask(self, call: Call[T]) -> T:
        params = call.within(self.root, self.session)
        return call.read(await self._send(call.method, params))

    async def _try(self, call: Call[bool]) -> bool:
        self.last_error = None
        try:
            return await self._ask(call)
        except EditRefused as err:
            self.last_error = err
            return False

    async def read_file(self, path: str) -> str:
        """Returns current in-memory content."""
        return await self._ask(calls.read_file(path))

    async def edit_file(
        self, path: str, old_str: str, new_str: str, *, replace_all: bool = False, reason: str = ""
    ) -> bool:
        """Applies an edit in memory, validates it, and returns success."""
        return await self.batch_edits([Edit.replace(path, old_str, new_str, replace_all)], reason=reason)

    async def write_file(self, path: str, content: str, *, reason: str = "") -> bool:
        """Writes a whole file, new or not."""
        return await self.batch_edits([Edit.write(path, content)], reason=reason)

    async def delete_file(self, path: str, *, reason: str = "") -> bool:
        """Deletes a file."""
        return await self.batch_edits([Edit.delete(path)], reason=reason)

    async def rename_file(self, path: str, to: str, *, reason: str = "") -> bool:
        """Moves a file."""
        return await self.batch_edits([Edit.rename(path, to)], reason=reason)

    async def batch_edits(
        self, edits: Iterable[AnyEdit], *, reason: str = "", allow_syntax_errors: bool = False
    ) -> bool:
        """Makes edits together: validated holistically, all or none."""
        options = {"agent": self._agent, "allow_syntax_errors": allow_syntax_errors}
        return await self._try(calls.edit(edits, reason, **options))

    async def validate_plan(self, edits: Iterable[AnyEdit]) -> List[Error]:
        """What would be wrong after these edits, which are not made."""
        return await self._ask(calls.judged(edits))

    async def get_symbols(self, file: Optional[str] = None, query: str = "") -> List[Symbol]:
        """Instant symbol lookup, optionally filtered by file."""
        return await self._ask(calls.get_symbols(file, query))

    async def find_references(self, symbol: str, floor: str = "likely") -> List[Location]:
        """All usages of a symbol: its name (`Model.save`), or `FILE:LINE:COLUMN`."""
        return await self._ask(calls.find_references(symbol, floor))

    async def validate(self, types: Optional[bool] = None) -> List[Error]:
        """What is wrong in the session that was not wrong in its base: syntax, dangling references
        and, where a type checker is found, types."""
        return await self._ask(calls.validate(types))

    async def get_diff(self, against: str = "base", paths: Sequence[str] = ()) -> str:
        """Current diff from the original state, as `git apply` takes it."""
        return await self._ask(calls.get_diff(against, paths))

    async def sync(self, paths: Sequence[str] = ()) -> SyncResult:
        """Writes changes to the working directory; false if there are conflicts."""
        return await self._ask(calls.sync(paths))

    async def undo(self, *, reason: str = "") -> int:
        """Takes the last edit back; gives the number of the log's entry."""
        return await self._ask(calls.step("undo", reason))

    async def redo(self, *, reason: str = "") -> int:
        """Makes the last undone edit again."""
        return await self._ask(calls.step("redo", reason))

    async def rollback(self, to: int, *, reason: str = "") -> int:
        """Brings all files back to what they were after entry `to`; 0 is the beginning."""
        return await self._ask(calls.step("rollback", reason, to=to))

    async def run(
        self,
        command: Sequence[str],
        *,
        take: bool = False,
        timeout: Optional[float] = None,
        stdin: Optional[str] = None,
    ) -> RunResult:
        """Runs a command that sees the session's files; what it writes stays out of the working
        directory, and comes into the session with `take`."""
        return await self._ask(calls.run(command, take, timeout, stdin))

    async def commit_review(self, reason: str = "") -> Commit:
        """Commits the session's state to its review branch; `.id` is the commit."""
        return await self._ask(calls.commit_review(reason))

    async def close(self, *, discard: bool = False) -> None:
        """Ends the session. Refused if changes would be lost, unless `discard`."""
        await self._ask(calls.closed(discard))
