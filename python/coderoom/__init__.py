"""Edit, ask and run code in coderoom's in-memory sessions.

    from coderoom import CodeAgent

    with CodeAgent("/path/to/project", session="fix-login") as agent:
        agent.edit_file("app.py", "retries = 1", "retries = 3")
        print(agent.get_diff())
        agent.sync()

`AsyncCodeAgent` is the same for asyncio. Needs nothing but Python 3.9 or later and the `coderoom`
program, whose daemon is started if none is running.
"""

from .agent import CodeAgent
from .aio import AsyncCodeAgent
from .errors import CodeRoomError, EditRefused, NotRunning, RequestRefused
from .types import Answer, Commit, Edit, Error, Location, RunResult, Symbol, SyncResult

__all__ = [
    "Answer",
    "AsyncCodeAgent",
    "CodeAgent",
    "CodeRoomError",
    "Commit",
    "Edit",
    "EditRefused",
    "Error",
    "Location",
    "NotRunning",
    "RequestRefused",
    "RunResult",
    "Symbol",
    "SyncResult",
]
