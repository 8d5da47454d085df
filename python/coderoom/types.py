"""What agents get and give: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Union


@dataclass(frozen=True)
class Symbol:
    """Something that code defines."""

    name: str
    kind: str
    path: str
    line: int
    column: int
    end_line: int
    container: str = ""
    signature: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Symbol":
        """A row of the daemon's answer."""
        return cls(
            row["name"],
            row["kind"],
            row["path"],
            row["line"],
            row["column"],
            row.get("end_line", row["line"]),
            row.get("container", ""),
            row.get("signature", ""),
        )


@dataclass(frozen=True)
class Location:
    """A place where a symbol is named. `certainty` is `exact`, `likely` or `by_name`."""

    path: str
    line: int
    column: int
    role: str
    certainty: str
    text: str = ""
    within: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Location":
        """A row of the daemon's answer."""
        names = ("path", "line", "column", "role", "certainty")
        return cls(*(row[name] for name in names), row.get("text", ""), row.get("within", ""))


@dataclass(frozen=True)
class Error:
    """Something that validation found. `kind` is `syntax`, `dangling` or a type checker's name."""

    path: str
    line: int
    column: int
    kind: str
    message: str
    text: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Error":
        """A row of the daemon's answer."""
        names = ("path", "line", "column", "kind", "message")
        return cls(*(row[name] for name in names), row.get("text", ""))


@dataclass(frozen=True)
class Answer:
    """An answer of the graph: `answer["files"]` is the reply's field of that name, as
    docs/operations.md lists them, and beside it how far the answer carries (`proof_state` is `triaging`,
    `proving` or `ready_to_edit`) and where to go from it. What has no next step leaves that empty."""

    reply: Mapping[str, Any]
    proof_state: str = ""
    next_suggested_tool: str = ""
    next_suggested_target: str = ""
    next_step_hint: str = ""
    notes: List[str] = field(default_factory=list)

    @classmethod
    def of(cls, reply: Mapping[str, Any]) -> "Answer":
        """The daemon's answer."""
        return cls(
            reply,
            reply.get("proof_state", ""),
            reply.get("next_suggested_tool", ""),
            reply.get("next_suggested_target", ""),
            reply.get("next_step_hint", ""),
            reply.get("notes", []),
        )

    def __getitem__(self, name: str) -> Any:
        return self.reply[name]


@dataclass(frozen=True)
class Edit:
    """One edit of a batch; the class methods make the usual ones."""

    kind: str
    fields: Dict[str, Any] = field(default_factory=dict)

    @classmethod
    def replace(cls, path: str, old_str: str, new_str: str, replace_all: bool = False) -> "Edit":
        """Exact text by other text."""
        fields = {"path": path, "old_str": old_str, "new_str": new_str}
        return cls("edit", {**fields, "replace_all": replace_all})

    @classmethod
    def write(cls, path: str, content: str) -> "Edit":
        """A whole file, new or not."""
        return cls("write", {"path": path, "content": content})

    @classmethod
    def create(cls, path: str, content: str) -> "Edit":
        """A file that must not be there yet."""
        return cls("create", {"path": path, "content": content})

    @classmethod
    def delete(cls, path: str) -> "Edit":
        """No file."""
        return cls("delete", {"path": path})

    @classmethod
    def rename(cls, path: str, to: str) -> "Edit":
        """A file elsewhere."""
        return cls("rename", {"path": path, "to": to})

    @classmethod
    def insert(cls, path: str, line: int, text: str) -> "Edit":
        """Lines behind line `line`; 0 for the beginning."""
        return cls("insert", {"path": path, "line": line, "text": text})

    @classmethod
    def lines(cls, path: str, start: int, end: int, text: str) -> "Edit":
        """Lines `start` to `end` by others."""
        return cls("lines", {"path": path, "start": start, "end": end, "text": text})

    @classmethod
    def patch(cls, patch: str) -> "Edit":
        """A unified diff, `*** Begin Patch`, SEARCH/REPLACE blocks or a WorkspaceEdit."""
        return cls("patch", {"patch": patch})

    def params(self) -> Dict[str, Any]:
        """As the daemon takes it."""
        return {"kind": self.kind, **self.fields}


#: An edit as `Edit`, or as the mapping that the daemon takes: a mapping without `kind` is a
#: replacement, as in `{"path": ..., "old_str": ..., "new_str": ...}`.
AnyEdit = Union[Edit, Mapping[str, Any]]


@dataclass(frozen=True)
class SyncResult:
    """What a sync did."""

    written: List[str]
    merged: List[str]
    conflicts: List[str]

    def __bool__(self) -> bool:
        return not self.conflicts


@dataclass(frozen=True)
class RunResult:
    """How a command ended, and what it wrote. `code` is `None` if a signal ended it."""

    code: Optional[int]
    signal: Optional[int]
    stdout: str
    stderr: str
    changed: List[str]
    way: str

    def __bool__(self) -> bool:
        return self.code == 0


@dataclass(frozen=True)
class Commit:
    """A commit on the review branch."""

    id: str
    branch: str
    tree: str
