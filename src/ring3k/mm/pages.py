"""The state of many pages as runs: one entry for each stretch of equal pages.

A run is a start address and a word (``mm.protection``).  Invariants: starts are
sorted, the first is the start of the whole, neighbours differ.  Cost follows
the number of runs touched, never the number of pages.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator


class PageRuns:
    """Words for the pages of [start, end)."""

    __slots__ = ("end", "starts", "words")

    def __init__(self, start: int, end: int, word: int) -> None:
        self.starts = [start]
        self.words = [word]
        self.end = end

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, address: int) -> int:
        """The word of one page inside."""
        return self.words[bisect_right(self.starts, address) - 1]

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(start, end, word) of every run in a range, cut to it.  Do not change the runs meanwhile."""
        starts, words = self.starts, self.words
        index = bisect_right(starts, start) - 1
        last = len(starts) - 1
        while start < end:
            stop = starts[index + 1] if index < last else self.end
            if stop > end:
                stop = end
            yield start, stop, words[index]
            start = stop
            index += 1

    def stretch(self, address: int, mask: int) -> tuple[int, int]:
        """The word at ``address``, and where the stretch ends whose pages equal it under ``mask``."""
        starts, words = self.starts, self.words
        index = bisect_right(starts, address)
        word, count = words[index - 1], len(starts)
        while index < count:
            if (words[index] ^ word) & mask:
                return word, starts[index]
            index += 1
        return word, self.end

    def all(self, start: int, end: int, bit: int) -> bool:
        """Whether every page of a range has a bit."""
        return all(word & bit for _, _, word in self.pieces(start, end))

    def count(self, bit: int, start: int = 0, end: int | None = None) -> int:
        """Bytes of a range (or of everything) whose pages have a bit."""
        if end is None:
            start, end = self.starts[0], self.end
        if len(self.starts) == 1:
            return end - start if self.words[0] & bit else 0
        return sum(b - a for a, b, word in self.pieces(start, end) if word & bit)

    def splits(self, start: int, end: int) -> bool:
        """Whether a range begins or ends inside a run."""
        starts = self.starts
        return starts[bisect_right(starts, start) - 1] != start or (
            end != self.end and starts[bisect_right(starts, end) - 1] != end
        )

    def set(self, start: int, end: int, word: int) -> None:
        """Give every page of a range the same word."""
        starts, words = self.starts, self.words
        low = bisect_right(starts, start) - 1
        high = bisect_right(starts, end - 1, low) - 1
        new_starts, new_words = [start], [word]
        last = len(starts) - 1
        stop = starts[high + 1] if high < last else self.end
        if end < stop:
            if words[high] != word:
                new_starts.append(end)
                new_words.append(words[high])
        elif high < last and words[high + 1] == word:
            high += 1
        if starts[low] < start:
            if words[low] == word:
                new_starts[0] = starts[low]
            else:
                new_starts.insert(0, starts[low])
                new_words.insert(0, words[low])
        elif low and words[low - 1] == word:
            low -= 1
            new_starts[0] = starts[low]
        starts[low : high + 1] = new_starts
        words[low : high + 1] = new_words

    def cut(self, start: int, end: int) -> PageRuns:
        """A copy of a part."""
        part = PageRuns.__new__(PageRuns)
        pieces = list(self.pieces(start, end))
        part.starts = [a for a, _, _ in pieces]
        part.words = [word for _, _, word in pieces]
        part.end = end
        return part
