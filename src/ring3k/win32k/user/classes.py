"""Window classes: what the windows of a name have in common.

A class is found by its atom and the module that registered it: one that is local only by
its own module, one that is global, or one of user32's, by every module of the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ring3k.abi.status import NtError
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.error import (
    ERROR_CLASS_ALREADY_EXISTS,
    ERROR_CLASS_DOES_NOT_EXIST,
    ERROR_CLASS_HAS_WINDOWS,
    ERROR_INVALID_PARAMETER,
    ERROR_NOT_ENOUGH_MEMORY,
    UserError,
)

if TYPE_CHECKING:
    from ring3k.win32k.user.session import UserProcess

CS_VREDRAW, CS_HREDRAW, CS_DBLCLKS, CS_PARENTDC, CS_SAVEBITS = 1, 2, 8, 0x80, 0x800
CS_IME, CS_GLOBALCLASS, CS_DROPSHADOW = 0x10000, 0x4000, 0x20000
MOST_EXTRA = 4096
MOST_CLASSES = 4096
CLASS_COST = 512
# The classes that have a number for a name.
MENU_CLASS, DESKTOP_CLASS, DIALOG_CLASS, ICON_TITLE_CLASS = 32768, 32769, 32770, 32772


class ClassStyle(NamedTuple):
    """What a program says of a class."""

    style: int = 0
    procedure: int = 0  # as UserProcess.procedure has it
    class_extra: int = 0
    window_extra: int = 0
    instance: int = 0
    icon: int = 0
    small_icon: int = 0
    cursor: int = 0
    background: int = 0
    menu: tuple[int, int, int] = (0, 0, 0)  # the addresses of its name in the program: ANSI, Unicode, counted


class BuiltIn(NamedTuple):
    """A class of user32's own."""

    name: str | int
    procedure: int  # number of the client's
    style: int = 0
    extra: int = 0
    background: int = 0


class WindowClass:
    """One class of one process."""

    def __init__(self, owner: UserProcess, atom: int, base: int, told: ClassStyle, local: bool) -> None:
        self.owner = owner
        self.atom = atom
        self.base = base  # the atom of its name without a version before it
        self.local = local
        self.style = told.style
        self.procedure = told.procedure
        self.window_extra = told.window_extra
        self.instance = told.instance
        self.icon, self.small_icon, self.cursor = told.icon, told.small_icon, told.cursor
        self.background = told.background
        self.menu = told.menu
        self.extra = bytearray(told.class_extra)
        self.windows = 0

    @property
    def name(self) -> str:
        return self.owner.session.atoms.query(self.base).name

    def release(self) -> None:
        """It is no more."""
        session = self.owner.session
        pool = session.kernel.pool
        for atom in (self.atom, self.base):
            with suppress(NtError):  # programs can take atoms away that are not theirs
                session.atoms.delete(pool, atom)
        pool.release(CLASS_COST + len(self.extra))


def find_class(process: UserProcess, atom: int, instance: int) -> WindowClass | None:
    """Instances are compared without their low word, where flags of the module may stand."""
    for known in process.classes:
        if known.atom == atom and (
            not instance or not known.local or known.instance & ~0xFFFF == instance & ~0xFFFF
        ):
            return known
    return None


def register_class(
    process: UserProcess, name: str | int, version: int, told: ClassStyle, built_in: bool = False
) -> WindowClass:
    """A new class; ``version``: how many characters before its name are not its name."""
    session = process.session
    if not (0 <= told.class_extra <= MOST_EXTRA and 0 <= told.window_extra <= MOST_EXTRA):
        raise UserError(ERROR_INVALID_PARAMETER)
    if len(process.classes) >= MOST_CLASSES:
        raise UserError(ERROR_NOT_ENOUGH_MEMORY)
    local = not built_in and not told.style & CS_GLOBALCLASS
    whole = f"#{name}" if isinstance(name, int) and name < 0xC000 else name
    atoms, pool = session.atoms, session.kernel.pool
    if isinstance(whole, int):
        whole = atoms.query(whole).name
    pool.charge(CLASS_COST + told.class_extra)
    atom = 0
    try:
        atom = atoms.add(pool, whole)
        base = atoms.add(pool, whole[version:] if 0 < version < len(whole) else whole)
    except BaseException:
        if atom:
            atoms.delete(pool, atom)
        pool.release(CLASS_COST + told.class_extra)
        raise
    made = WindowClass(process, atom, base, told, local)
    known = find_class(process, atom, told.instance)
    if known is not None and known.local == local:
        made.release()
        raise UserError(ERROR_CLASS_ALREADY_EXISTS)
    process.classes.insert(0 if local else len(process.classes), made)
    return made


def unregister_class(process: UserProcess, atom: int, instance: int) -> WindowClass:
    """Take a class back; what it was."""
    known = find_class(process, atom, instance)
    if known is None:
        raise UserError(ERROR_CLASS_DOES_NOT_EXIST)
    if known.windows:
        raise UserError(ERROR_CLASS_HAS_WINDOWS)
    process.classes.remove(known)
    known.release()
    return known


def register_built_in(process: UserProcess, classes: Iterable[BuiltIn]) -> None:
    """user32's own."""
    from ring3k.win32k.user.session import WINDOW_PROCEDURES

    for one in classes:
        told = ClassStyle(
            style=one.style,
            procedure=WINDOW_PROCEDURES << 16 | one.procedure,
            window_extra=one.extra,
            instance=process.user_module,
            background=one.background,
        )
        register_class(process, one.name, 0, told, built_in=True)
