"""The code that ``wine_edits`` puts before functions of memory in kernelbase."""

from __future__ import annotations

from struct import pack

from ring3k.userland.link_code import linked

ERROR_INVALID_PARAMETER, ERROR_NOACCESS = 87, 998
UNWRITABLE, EXECUTABLE = 0x03, 0x30  # PAGE_NOACCESS and PAGE_READONLY; PAGE_EXECUTE and PAGE_EXECUTE_READ
PAGE_EXECUTE_READWRITE, MEM_RELEASE = 0x40, 0x8000


def write_detour(here: int, original: int, protect: int) -> bytes:
    """WriteProcessMemory(process, address, data, size, written): again without protection if it is code."""
    write = b"\xff\x75\x18\xff\x75\x14\xff\x75\x10\xff\x75\x0c\xff\x75\x08\xe8????"  # push all; call original
    change = b"\xff\x75\x14\xff\x75\x0c\xff\x75\x08\xe8????"  # push size; address; process; call protect
    lift = b"\x8d\x45\xfc\x50\x6a" + bytes((PAGE_EXECUTE_READWRITE,)) + change  # lea eax, [ebp-4]; ...
    restore = b"\x50\x8d\x45\xf8\x50\xff\x75\xfc" + change + b"\x58"  # push eax; ... push [ebp-4]; ...
    refuse = b"\x64\xc7\x05\x34\0\0\0" + pack("<I", ERROR_NOACCESS)  # mov dword fs:[LastErrorValue], ...
    again = (
        b"\x31\xc0"  # xor eax, eax
        + bytes((0xF6, 0x45, 0xFC, EXECUTABLE, 0x74, len(write)))  # test byte [ebp-4], ...; jz restore
        + write
        + restore
        + bytes((0xF6, 0x45, 0xFC, UNWRITABLE, 0x74, len(refuse)))  # test byte [ebp-4], ...; jz done
        + refuse
    )
    lift += bytes((0x85, 0xC0, 0x74, len(again)))  # test eax, eax; jz done
    code = (
        b"\x55\x89\xe5\x83\xec\x08"  # push ebp; mov ebp, esp; sub esp, 8
        + write
        + bytes((0x85, 0xC0, 0x75, len(lift) + len(again)))  # test eax, eax; jnz done
        + lift
        + again
        + b"\xc9\xc2\x14\0"  # done: leave; ret 20
    )
    return linked(code, here, original, protect, original, protect)


def free_detour(here: int, original: int, count: int) -> bytes:
    """VirtualFree([process,] address, size, how): ERROR_INVALID_PARAMETER for what releases a size."""
    code = (
        b"\x81\x7c\x24"  # cmp dword [esp+4*count], MEM_RELEASE
        + pack("<BI", 4 * count, MEM_RELEASE)
        + b"\x75\7\x83\x7c\x24"  # jne original; cmp dword [esp+4*count-4], 0
        + bytes((4 * count - 4, 0))
        + b"\x75\5\xe9????"  # jne refuse; original: jmp original
        + b"\x64\xc7\x05\x34\0\0\0"  # refuse: mov dword fs:[LastErrorValue], ERROR_INVALID_PARAMETER
        + pack("<I", ERROR_INVALID_PARAMETER)
        + b"\x31\xc0\xc2"  # xor eax, eax; ret 4*count
        + pack("<H", 4 * count)
    )
    return linked(code, here, original)
