"""What is put behind the code of Wine's DLLs where Wine 8 lacks what a program of today needs.

The files stay as they are; an image in memory gets a few instructions in the room
behind its code, and its export table leads to them.

``ws2_32``: {set,get}sockopt know nothing of TCP but TCP_NODELAY.  Since Windows 10
there are times and a count of keep-alives, without which libuv (Node.js's ``fetch``)
makes no connection.  WSAIoctl does not know SIO_UDP_NETRESET, without which Go has no UDP.  The kernel
answers for them (``wine_repairs``).

``kernelbase``: CreateFile does not pass FILE_FLAG_OPEN_REPARSE_POINT on, nor CreateNamedPipe
FILE_FLAG_FIRST_PIPE_INSTANCE; a word of the TEB that nobody uses tells the kernel of them
(``io.disk.reparse`` looks there when it has come to such a point).  CreateSymbolicLink makes
nothing and says that all went well; it makes a file or a folder now, and the kernel a link of it.
WriteProcessMemory leaves the protection of pages to Wine's server, which overlooks it; on Windows it
lifts that of code itself, without which no debugger sets a break point.  VirtualFree releases
nothing if it is told a size, for NT would release so much.
SetCurrentDirectory writes a path that is longer than the room for it over what lies behind; it is refused.

``msvcp140``: a mutex' owner is where Microsoft's is (``wine_mutex``), and the errors of threads,
mutexes and futures are thrown (``wine_errors``).

``dbghelp``: SymInitialize with the modules of a process wants to read the host's
side of Wine, too, and fails where there is none.  It is told to leave the modules,
and then each is loaded as a program may do it by itself; MiniDumpWriteDump calls the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from mmap import PROT_READ, mmap
from struct import pack, unpack_from

from ring3k.abi.pe import NotAnImage, PeFile
from ring3k.engine.protocol import PAGE
from ring3k.io.device import IS_FIRST, IS_OPEN, OPENS_POINT
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.link_code import folder_detour, link_function, linked
from ring3k.userland.memory_code import free_detour, write_detour
from ring3k.userland.unix_calls import REPAIRS, UnixCalls

if TYPE_CHECKING:
    from ring3k.mm.backing import FileBacking
    from ring3k.mm.segment import Segment

IPPROTO_TCP, TCP_NODELAY = 6, 1
NOT_OURS = 0xFFFFFFFF  # the kernel's answer that makes a detour go on with Wine's function
OPTIONS = ("setsockopt", "getsockopt")  # in the order of ``wine_repairs.FUNCTIONS``
OPTION_ARGUMENTS = 5
CONTROLS, CONTROL_ARGUMENTS, SIO_UDP_NETRESET = ("WSAIoctl",), 9, 0x9800000F
SYMBOLS = ("SymInitialize", "SymInitializeW")
DUMP, REACH = "MiniDumpWriteDump", 0x400  # its first bytes, where it gets ready
FILES, LINK, PIPES = ("CreateFileA", "CreateFileW"), "CreateSymbolicLinkW", ("CreateNamedPipeW",)
FOLDERS = (("SetCurrentDirectoryA", "GetFullPathNameA"), ("SetCurrentDirectoryW", "GetFullPathNameW"))
MAKES, CLOSE = "CreateDirectoryW", "CloseHandle"
WRITES, PROTECT, FREES = "WriteProcessMemory", "VirtualProtectEx", ("VirtualFree", "VirtualFreeEx")
FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAG_FIRST_PIPE_INSTANCE = 0x200000, 0x80000
ENUMERATE, LOAD = "EnumerateLoadedModulesW64", "SymLoadModuleExW"
WITH_MUTEXES = "msvcp140.dll"
PATH_OF = "K32GetModuleFileNameExW"  # imported

# (offset of what is made, offsets of the exported functions) -> the code, and where in it the exports now are
Edit = Callable[[int, dict[str, int]], tuple[bytes, dict[str, int]]]


class WineEdits:
    """The changes to the images of one system's DLLs."""

    def __init__(self, folder: str, calls: UnixCalls, host_call: bytes) -> None:
        self._folder = folder
        self._handle = calls.handle(REPAIRS)
        self._host_call = host_call
        self._edits: dict[str, tuple[tuple[str, ...], str, Edit]] = {
            "ws2_32.dll": ((*OPTIONS, *CONTROLS), "", self._options),
            "kernelbase.dll": (
                (*FILES, LINK, *PIPES, *sum(FOLDERS, ()), MAKES, CLOSE, WRITES, PROTECT, *FREES),
                "",
                self._kernelbase,
            ),
            "dbghelp.dll": ((*SYMBOLS, ENUMERATE, LOAD, DUMP), PATH_OF, _symbols),
        }

    def __call__(self, segment: Segment, backing: FileBacking) -> None:
        """A segment that nobody has mapped yet."""
        name = backing.name.rpartition("\\")[2].lower()
        if name in self._edits and self._is_wine(name, backing.host):
            exported, imported, edit = self._edits[name]
            with suppress(NotAnImage), mmap(backing.host, 0, prot=PROT_READ) as file:
                _change(segment, PeFile(file), exported, imported, edit, DUMP)
        elif name == WITH_MUTEXES and self._is_wine(name, backing.host):
            from ring3k.userland import wine_errors, wine_mutex  # few programs use it, one uses ``re``

            with suppress(NotAnImage), mmap(backing.host, 0, prot=PROT_READ) as file:
                wine_mutex.change(segment, PeFile(file))
                wine_errors.change(segment, PeFile(file))

    def _is_wine(self, name: str, host: int) -> bool:
        try:
            return host >= 0 and os.path.samestat(os.fstat(host), os.stat(os.path.join(self._folder, name)))
        except OSError:
            return False

    def _options(self, start: int, places: dict[str, int]) -> tuple[bytes, dict[str, int]]:
        code, found = self._host_call, {}
        for index, name in enumerate(OPTIONS):
            found[name] = start + len(code)
            code += option_detour(start, found[name], self._handle, index, places[name])
        for index, name in enumerate(CONTROLS, len(OPTIONS)):
            found[name] = start + len(code)
            code += control_detour(start, found[name], self._handle, index, places[name])
        return code, found

    def _kernelbase(self, start: int, places: dict[str, int]) -> tuple[bytes, dict[str, int]]:
        code, found = self._host_call, {}
        for name in FILES:
            found[name] = start + len(code)
            code += flag_detour(found[name], places[name], 7, 6, FILE_FLAG_OPEN_REPARSE_POINT, IS_OPEN)
        for name in PIPES:
            found[name] = start + len(code)
            code += flag_detour(found[name], places[name], 8, 2, FILE_FLAG_FIRST_PIPE_INSTANCE, IS_FIRST)
        for name, full_path in FOLDERS:
            found[name] = start + len(code)
            code += folder_detour(found[name], places[name], places[full_path])
        found[LINK] = start + len(code)
        functions = (places[MAKES], found["CreateFileW"], start, places[CLOSE])
        code += link_function(found[LINK], self._handle, *functions)
        found[WRITES] = start + len(code)
        code += write_detour(found[WRITES], places[WRITES], places[PROTECT])
        for count, name in enumerate(FREES, 3):
            found[name] = start + len(code)
            code += free_detour(found[name], places[name], count)
        return code, found


def _change(
    segment: Segment, image: PeFile, exported: tuple[str, ...], imported: str, edit: Edit, caller: str = ""
) -> None:
    """All of it, or nothing where a DLL is not as expected.  What ``caller`` calls of it is changed, too."""
    places = image.exports(exported)
    if imported:
        places[imported] = image.place_of_import(imported)
    if len(places) < len(exported) or not all(places.values()):
        return
    start = -(-image.code_end // 16) * 16
    code, found = edit(start, places)
    if start + len(code) > -(-image.code_end // PAGE) * PAGE:
        return
    segment.patch(start, code)
    for entry, place in zip(image.entries(places[name] for name in found), found.values(), strict=True):
        segment.patch(entry, pack("<I", place))
    if caller in places:
        for name, place in found.items():
            for at in calls_of(image.read(places[caller], REACH), places[name] - places[caller]):
                segment.patch(places[caller] + at, pack("<i", place - places[caller] - at - 4))


def calls_of(code: bytes, target: int) -> list[int]:
    """Where in the code stand the distances of its direct calls of a target, an offset from its begin."""
    found = []
    at = code.find(b"\xe8") + 1
    while 0 < at <= len(code) - 4:
        if unpack_from("<i", code, at)[0] == target - at - 4:
            found.append(at)
        at = code.find(b"\xe8", at) + 1
    return found


def _question(handle: int, index: int, count: int) -> bytes:
    """Ask the kernel, and return to who called a function of so many arguments, or go on behind this."""
    return (
        b"\x8d\x44\x24\x04\x50"  # lea eax, [esp+4]; push eax: the arguments
        + bytes((0x6A, index, 0x6A, 0, 0x6A, handle))  # push index; push 0; push handle
        + b"\xe8????"  # call host_call, which takes the four away
        + b"\x83\xf8\xff\x74\x14"  # cmp eax, NOT_OURS; je original
        + b"\x85\xc0\x74\x0d"  # test eax, eax; jz done
        + b"\x64\x8b\x15\x18\0\0\0\x89\x42\x34"  # mov edx, fs:[TEB]; mov [edx+LastErrorValue], eax
        + b"\x83\xc8\xff"  # or eax, SOCKET_ERROR
        + b"\xc2"  # done: ret
        + pack("<H", 4 * count)
    )


def option_detour(host_call: int, here: int, handle: int, index: int, original: int) -> bytes:
    """Ask the kernel about an option of TCP's that Wine does not know; all else is the original's."""
    question = _question(handle, index, OPTION_ARGUMENTS)
    conditions = (
        b"\x83\x7c\x24\x08"  # cmp dword [esp+8], IPPROTO_TCP; jne original
        + bytes((IPPROTO_TCP, 0x75, 7 + len(question)))
        + b"\x83\x7c\x24\x0c"  # cmp dword [esp+12], TCP_NODELAY; je original
        + bytes((TCP_NODELAY, 0x74, len(question)))
    )
    return linked(conditions + question + b"\xe9????", here, host_call, original)


def control_detour(host_call: int, here: int, handle: int, index: int, original: int) -> bytes:
    """The same for a control of sockets."""
    question = _question(handle, index, CONTROL_ARGUMENTS)
    condition = (
        b"\x81\x7c\x24\x08"  # cmp dword [esp+8], SIO_UDP_NETRESET; jne original
        + pack("<I", SIO_UDP_NETRESET)
        + bytes((0x75, len(question)))
    )
    return linked(condition + question + b"\xe9????", here, host_call, original)


def flag_detour(here: int, original: int, count: int, place: int, flag: int, told: int) -> bytes:
    """Note, during the call, whether the argument at a place (from 1) has a flag; there are ``count``."""
    code = (
        b"\xf7\x44\x24"  # test dword [esp+4*place], flag
        + pack("<BI", 4 * place, flag)
        + b"\x75\5\xe9????"  # jnz ours; jmp original
        + b"\x64\xc7\x05"  # ours: mov dword fs:[OPENS_POINT], told
        + pack("<II", OPENS_POINT, told)
        + pack("<4B", 0xFF, 0x74, 0x24, 4 * count) * count  # push the arguments
        + b"\xe8????"  # call original
        + b"\x64\xc7\x05"  # mov dword fs:[OPENS_POINT], 0
        + pack("<II", OPENS_POINT, 0)
        + b"\xc2"  # ret 4*count
        + pack("<H", 4 * count)
    )
    return linked(code, here, original, original)


def _symbols(start: int, places: dict[str, int]) -> tuple[bytes, dict[str, int]]:
    code, found = b"", {}
    for name in SYMBOLS:
        found[name] = start + len(code)
        code += symbols_detour(found[name], places[name], places[ENUMERATE], places[LOAD], places[PATH_OF])
    return code, found


def symbols_detour(here: int, original: int, enumerate_: int, load: int, path_of: int) -> bytes:
    """SymInitialize(process, path, FALSE), and then its modules one by one."""
    each = (  # the callback: (name, base, size, process)
        b"\x55\x89\xe5"  # push ebp; mov ebp, esp
        b"\x81\xec\x10\x02\0\0"  # sub esp, 528: room for a path
        b"\x8d\x85\xf0\xfd\xff\xff"  # lea eax, [ebp-528]
        b"\x68\x04\x01\0\0\x50"  # push MAX_PATH; push eax
        b"\xff\x75\x0c\xff\x75\x18"  # push base; push process
        b"\xe8\0\0\0\0\x58"  # call next; next: pop eax
        b"\xff\x90@@@@"  # call [eax + distance of GetModuleFileNameExW's place]
        b"\x85\xc0\x74\x20"  # test eax, eax; jz end
        b"\x6a\0\x6a\0"  # push flags; push data
        b"\xff\x75\x14\xff\x75\x10\xff\x75\x0c"  # push size; push base
        b"\x6a\0"  # push name
        b"\x8d\x85\xf0\xfd\xff\xff\x50"  # lea eax, [ebp-528]; push eax
        b"\x6a\0\xff\x75\x18"  # push file; push process
        b"\xe8????"  # call SymLoadModuleExW
        b"\xb8\1\0\0\0\xc9\xc2\x14\0"  # end: mov eax, TRUE; leave; ret 20
    )
    code = (
        b"\x83\x7c\x24\x0c\0\x75\5\xe9????"  # cmp dword [esp+12], FALSE; jne ours; jmp original
        + b"\x6a\0\xff\x74\x24\x0c\xff\x74\x24\x0c"  # ours: push FALSE; push path; push process
        + b"\xe8????"  # call original
        + b"\x85\xc0\x74"  # test eax, eax; jz done
        + bytes((4 + 5 + len(each) + 4 + 5 + 5,))
        + b"\xff\x74\x24\x04"  # push process, for the callback
        + b"\xe8"  # call over it, which pushes its address
        + pack("<i", len(each))
    )
    next_ = here + len(code) + each.index(b"\x58\xff\x90")
    each = each.replace(b"@@@@", pack("<i", path_of - next_))
    end = (
        b"\xff\x74\x24\x0c\xe8????"  # push process; call EnumerateLoadedModulesW64
        b"\xb8\1\0\0\0"  # mov eax, TRUE
        b"\xc2\x0c\0"  # done: ret 12
    )
    return linked(code + each + end, here, original, original, load, enumerate_)
