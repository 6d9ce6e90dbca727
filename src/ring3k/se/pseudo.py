"""Handles that stand for a token without having been opened (Windows 8 and later).

They let look at the token and no more.  The thread's own is there only while it
acts for somebody; the effective one is that, or else the process's.
"""

from __future__ import annotations

from ring3k.abi.access import TOKEN_QUERY, TOKEN_QUERY_SOURCE
from ring3k.abi.status import STATUS_ACCESS_DENIED, STATUS_NO_TOKEN, NtError
from ring3k.abi.version import Version
from ring3k.ke.thread import KThread
from ring3k.se.token import Token

CURRENT_PROCESS_TOKEN = 0xFFFFFFFC
CURRENT_THREAD_TOKEN = 0xFFFFFFFB
CURRENT_EFFECTIVE_TOKEN = 0xFFFFFFFA
LATEST = CURRENT_PROCESS_TOKEN


def token_of(t: KThread, handle: int, access: int) -> Token:
    """The token behind a handle; STATUS_NO_TOKEN for the thread's own when there is none."""
    if not CURRENT_EFFECTIVE_TOKEN <= handle <= LATEST or t.kernel.part(Version).level < 60:
        found: Token = t.handles.get(handle, Token, access)
        return found
    if access & ~(TOKEN_QUERY | TOKEN_QUERY_SOURCE):
        raise NtError(STATUS_ACCESS_DENIED)
    token: Token = t.process.token
    if handle != CURRENT_PROCESS_TOKEN and t.client is not None:
        token = t.client.token
    elif handle == CURRENT_THREAD_TOKEN:
        raise NtError(STATUS_NO_TOKEN)
    return token
