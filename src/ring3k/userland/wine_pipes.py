"""Who may connect to a pipe whose maker does not say: Windows' DLLs say it in his place, Wine's do not.

CreateNamedPipe lets everybody read, and the system, administrators and the owner do
all.  RPC lets everybody call: the pipes of its local calls are told by their names.
The service manager's and the task scheduler's are not among them: Windows' look who
calls, Wine's do for everybody whatever he asks, in the system's name.
"""

from __future__ import annotations

from ring3k.abi.access import GENERIC_ALL, GENERIC_READ, GENERIC_WRITE
from ring3k.se import sid as s
from ring3k.se.acl import allow, build_acl
from ring3k.se.descriptor import Descriptor
from ring3k.se.privilege import effective_token
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

LOCAL_CALLS = "\\LRPC\\"
END_POINTS = "\\EPMAPPER"


def descriptor(t: KThread, name: str) -> Descriptor:
    """``name``: with a backslash in front."""
    upper = name.upper()
    calls = upper == END_POINTS or upper.startswith(LOCAL_CALLS)
    everybody = GENERIC_READ | (GENERIC_WRITE if calls else 0)
    all_rights = dict.fromkeys((s.LOCAL_SYSTEM, s.ADMINISTRATORS, effective_token(t).owner))
    entries = [allow(one, GENERIC_ALL) for one in all_rights]
    entries += [allow(one, everybody) for one in (s.WORLD, s.ANONYMOUS)]
    return Descriptor(None, None, build_acl(entries))
