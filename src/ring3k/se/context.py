"""What an access check looks at in a token: immutable, and one for each content.

Tokens are many and change; what decides about access are only the SIDs that
count.  ``Context`` holds those, so that a descriptor can remember its answers by
context: all processes of a user share one.
"""

from __future__ import annotations

from ring3k.se.sid import Sid

MOST_SIDS = 64  # of a context that is remembered: guests can make tokens with thousands


class Context:
    """SIDs that let in, SIDs that keep out, and for restricted tokens those that must agree.

    A subject matches an *allow* entry with ``allow`` and a *deny* entry with ``deny``
    (which has the deny-only SIDs, too).  Compared by identity.
    """

    __slots__ = ("allow", "deny", "lasting", "restricted")

    def __init__(
        self, allow: frozenset[Sid], deny: frozenset[Sid], restricted: frozenset[Sid] | None = None
    ) -> None:
        self.allow = allow
        self.deny = deny
        self.restricted = restricted
        self.lasting = len(deny) + len(restricted or ()) <= MOST_SIDS  # worth remembering

    def owns(self, owner: Sid | None) -> bool:
        """Whether the owner of an object is among the subject's SIDs (a restricted one needs both lists)."""
        return owner in self.allow and (self.restricted is None or owner in self.restricted)


class ContextTable:
    """One context for each content."""

    MOST = 4096  # then old ones are forgotten; an equal one made later is a stranger, which only costs time

    def __init__(self) -> None:
        self._known: dict[tuple[frozenset[Sid], frozenset[Sid], frozenset[Sid] | None], Context] = {}

    def of(self, allow: frozenset[Sid], deny: frozenset[Sid], restricted: frozenset[Sid] | None) -> Context:
        key = allow, deny, restricted
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= self.MOST:
                self._known.clear()
            found = Context(*key)
            if found.lasting:
                self._known[key] = found
        return found
