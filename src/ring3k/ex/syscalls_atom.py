"""The global atom table."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import AtomInfoClass
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.structs.ex import ATOM_BASIC_INFORMATION, ATOM_INFORMATION_CLASS
from ring3k.abi.types import InBuffer, Opt, Out, OutBuffer, Sized, Ulong, Ushort
from ring3k.ex.atom import MAXIMUM_NAME, AtomTable
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated

RTL_ATOM_PINNED = 1


def _table(t: Thread) -> AtomTable:
    return t.kernel.late_part(AtomTable)


def _check_length(length: int) -> None:
    if length > MAXIMUM_NAME * 2:
        raise NtError(STATUS_INVALID_PARAMETER)


def _name(given: InBuffer | None) -> str:
    """The characters up to the first NUL; no name at all is the integer atom 0, which is none."""
    if given is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    text = given.read(given.size & ~1).decode("utf-16-le", "surrogatepass")
    return text.partition("\0")[0]


@syscall(first=_check_length)
def NtAddAtom(
    t: Thread,
    atom_name: Opt[Annotated[InBuffer, Sized("length", align=2)]],
    length: Ulong,
    atom: Opt[Out[Ushort]],
) -> int:
    """Add a string to the global atom table, or count one more use of it."""
    number = _table(t).add(t.kernel.pool, _name(atom_name))
    if atom is not None:
        atom.set(number)
    return 0


@syscall(first=_check_length)
def NtFindAtom(
    t: Thread,
    atom_name: Opt[Annotated[InBuffer, Sized("length", align=2)]],
    length: Ulong,
    atom: Opt[Out[Ushort]],
) -> int:
    """Look a string up in the global atom table."""
    number = _table(t).find(_name(atom_name))
    if atom is not None:
        atom.set(number)
    return 0


@syscall()
def NtDeleteAtom(t: Thread, atom: Ushort) -> int:
    """Count one use less of an atom."""
    return _table(t).delete(t.kernel.pool, atom)


@syscall()
def NtQueryInformationAtom(
    t: Thread,
    atom: Ushort,
    atom_information_class: AtomInfoClass,
    atom_information: Annotated[OutBuffer, Sized("atom_information_length", align=4)],
    atom_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Describe an atom, or list all.

    A name that does not fit is cut to what does, with success; only when not one
    character fits, that is an error, and the name's length is told all the same.
    """
    if atom_information_class == ATOM_INFORMATION_CLASS.AtomBasicInformation:
        status, data, needed = _basic(t, atom, atom_information_length)
    elif atom_information_class == ATOM_INFORMATION_CLASS.AtomTableInformation:
        status, data, needed = _list(t, atom_information_length)
    else:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    atom_information.write(data)
    if return_length is not None:
        return_length.set(needed)
    return status


def _basic(t: Thread, atom: int, length: int) -> tuple[int, bytes, int]:
    """Status, what is written, and the length that is told."""
    head = ATOM_BASIC_INFORMATION.size()
    if length < head:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    state = _table(t).query(atom)
    name = state.name.encode("utf-16-le", "surrogatepass")
    kept = min(len(name), max(0, (length - head & ~1) - 2))
    header = ATOM_BASIC_INFORMATION(
        UsageCount=state.uses, Flags=RTL_ATOM_PINNED * state.pinned, NameLength=kept or len(name)
    ).pack()
    if not kept:
        return STATUS_BUFFER_TOO_SMALL, header, head + len(name)
    return 0, header + name[:kept] + b"\0\0", head + kept


def _list(t: Thread, length: int) -> tuple[int, bytes, int]:
    if length < 4:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    numbers = _table(t).numbers()
    room = (length - 4) // 2
    data = len(numbers).to_bytes(4, "little") + b"".join(n.to_bytes(2, "little") for n in numbers[:room])
    return STATUS_INFO_LENGTH_MISMATCH if room < len(numbers) else 0, data, 4 + 2 * len(numbers)
