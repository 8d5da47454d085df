"""What agents ask, as values: a method, its parameters, and how to read the answer.

The two agents differ only in how they wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Generic, Iterable, List, Mapping, Optional, TypeVar

from .types import AnyEdit, Commit, Edit, Error, Location, RunResult, Symbol, SyncResult

T = TypeVar("T")

#: Everything: where a program is the reader, nothing is cut.
NO_LIMIT = 10_000_000


@dataclass(frozen=True)
class Call(Generic[T]):
    """One question."""

    method: str
    params: Dict[str, Any]
    read: Callable[[Any], T]
    in_session: bool = True  # or about the workspace, whatever the session

    def within(self, root: str, session: str) -> Dict[str, Any]:
        """The parameters with where it is asked."""
        where = {"workspace": root, "session": session} if self.in_session else {"workspace": root}
        return {**where, **self.params}


def nothing(_: Any) -> None:
    """For answers that say nothing more."""


def opened(root: str, session: str, config: str, agent: str, fork_of: Optional[str]) -> Call[Any]:
    params = {"workspace": root, "name": session, "config": config, "agent": agent}
    if fork_of is not None:
        params["fork_of"] = fork_of
    return Call("session_open", params, lambda reply: reply)


def read_file(path: str) -> Call[str]:
    files = [{"path": path, "end": NO_LIMIT}]
    return Call("view", {"files": files, "plain": True}, lambda reply: reply["text"])


def edit(edits: Iterable[AnyEdit], reason: str, **options: Any) -> Call[bool]:
    params = {"edits": [edit_params(it) for it in edits], "reason": reason, **options}
    return Call("apply_batch", params, lambda reply: True)


def judged(edits: Iterable[AnyEdit]) -> Call[List[Error]]:
    params = {"edits": [edit_params(it) for it in edits], "dry_run": True}
    return Call("apply_batch", params, errors)


def edit_params(it: AnyEdit) -> Dict[str, Any]:
    if isinstance(it, Edit):
        return it.params()
    return {"kind": "edit", **it}


def errors(reply: Mapping[str, Any]) -> List[Error]:
    return [Error.of(row) for row in reply["problems"]]


def get_symbols(file: Optional[str], query: str) -> Call[List[Symbol]]:
    def outlined(reply: Mapping[str, Any]) -> List[Symbol]:
        return [Symbol.of({**row, "path": row.get("path", file)}) for row in reply["symbols"]]

    if file is not None:
        return Call("outline", {"path": file, "limit": NO_LIMIT}, outlined)
    params = {"name": query, "limit": NO_LIMIT}
    return Call("symbols", params, lambda reply: [Symbol.of(row) for row in reply["symbols"]])


def find_references(symbol: str, floor: str) -> Call[List[Location]]:
    params: Dict[str, Any] = {"floor": floor, "limit": NO_LIMIT}
    path, line, column = place(symbol)
    if line is None:
        params["symbol"] = symbol
    else:
        params.update(path=path, line=line)
        if column is not None:
            params["column"] = column
    rows = lambda reply: [Location.of(row) for row in reply["references"]]  # noqa: E731
    return Call("references", params, rows)


def place(symbol: str) -> "tuple[str, Optional[int], Optional[int]]":
    """`file.py:3:7` as a place, if that is what it is."""
    parts = symbol.rsplit(":", 2)
    numbers = [int(part) if part.isdigit() else None for part in parts[1:]]
    if len(parts) == 3 and None not in numbers:
        return parts[0], numbers[0], numbers[1]
    if len(parts) >= 2 and numbers[-1] is not None:
        return ":".join(parts[:-1]), numbers[-1], None
    return "", None, None


def validate(types: Optional[bool]) -> Call[List[Error]]:
    params = {} if types is None else {"types": types}
    return Call("validate", params, errors)


def get_diff(against: str, paths: Iterable[str]) -> Call[str]:
    params = {"against": against, "paths": list(paths), "max_bytes": 1 << 30}
    return Call("diff", params, lambda reply: reply["text"])


def sync(paths: Iterable[str]) -> Call[SyncResult]:
    def result(reply: Mapping[str, Any]) -> SyncResult:
        return SyncResult(reply["written"], reply["merged"], reply["conflicts"])

    return Call("sync", {"paths": list(paths)}, result)


def step(method: str, reason: str, **params: Any) -> Call[int]:
    return Call(method, {"reason": reason, **params}, lambda reply: reply["entry"])


def run(
    command: Iterable[str], take: bool, timeout: Optional[float], stdin: Optional[str]
) -> Call[RunResult]:
    params: Dict[str, Any] = {"command": list(command), "take": take}
    if stdin is not None:
        params["stdin"] = stdin
    if timeout is not None:
        params["timeout_ms"] = int(timeout * 1000)

    def result(reply: Mapping[str, Any]) -> RunResult:
        changed = [row["path"] for row in reply["changed"]]
        return RunResult(
            reply.get("code"),
            reply.get("signal"),
            reply["stdout"],
            reply["stderr"],
            changed,
            reply["way"],
        )

    return Call("run", params, result)


def commit_review(reason: str) -> Call[Commit]:
    def commit(reply: Mapping[str, Any]) -> Commit:
        return Commit(reply["commit"], reply["branch"], reply["tree"])

    return Call("commit_review", {"reason": reason}, commit)


def closed(discard: bool) -> Call[None]:
    return Call("session_close", {"discard": discard}, nothing)
