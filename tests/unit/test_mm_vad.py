"""Where there is room, against a look at every place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k.abi.status import NtError
from ring3k.abi.structs.mm import MEM_PRIVATE, PAGE_READWRITE
from ring3k.engine.protocol import PAGE
from ring3k.mm.vad import GRANULARITY, LOWEST, VAD_END, Vad, VadTree

ROOM = 6 * GRANULARITY  # as much as these tests look at, at the top
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "give"]),
        st.integers(1, 40),  # pages, or which one goes
        st.sampled_from([PAGE, GRANULARITY]),
        st.integers(0, 8),  # pages below the top that are not wanted
    ),
    max_size=60,
)


def highest(taken: list[Vad], size: int, limit: int, alignment: int) -> int | None:
    at = (limit - size) & -alignment
    while at >= VAD_END - ROOM:
        if all(vad.end <= at or vad.start >= at + size for vad in taken):
            return at
        at -= alignment
    return None


@settings(max_examples=200)
@given(STEPS)
def test_the_highest_room_is_found(steps: list[tuple[str, int, int, int]]) -> None:
    tree = VadTree()
    low = Vad(LOWEST, VAD_END - ROOM, MEM_PRIVATE, PAGE_READWRITE)
    tree.insert(low)
    taken: list[Vad] = []
    for what, number, alignment, below in steps:
        if what == "give":
            if taken:
                tree.remove(taken.pop(number % len(taken)))
            continue
        size, limit = number * PAGE, VAD_END - below * PAGE
        wanted = highest([low, *taken], size, limit, alignment)
        try:
            found: int | None = tree.find_free(size, True, limit, alignment)
        except NtError:
            found = None
        assert found == wanted
        if found is not None:
            taken.append(Vad(found, found + size, MEM_PRIVATE, PAGE_READWRITE))
            tree.insert(taken[-1])
