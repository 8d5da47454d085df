"""What can go wrong, with the daemon's stable codes."""

from __future__ import annotations


class CodeRoomError(Exception):
    """Anything that goes wrong between an agent and the daemon."""


class NotRunning(CodeRoomError):
    """The daemon cannot be reached and could not be started."""


class RequestRefused(CodeRoomError):
    """The daemon's answer is no. `code` is stable; the message says what would work."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class EditRefused(RequestRefused):
    """An edit does not fit, or would break something. Nothing has changed."""


#: Refusals that speak of the edit itself: the agent can repair it and try again.
EDIT_CODES = frozenset(
    {
        "bad_patch",
        "conflict",
        "old_str_ambiguous",
        "old_str_not_found",
        "outside_workspace",
        "path_exists",
        "stale_hash",
        "syntax_error",
        "uncertain",
        "unknown_path",
    }
)


def refused(code: str, message: str) -> RequestRefused:
    """The exception for an error of the daemon."""
    kind = EditRefused if code in EDIT_CODES else RequestRefused
    return kind(code, message)
