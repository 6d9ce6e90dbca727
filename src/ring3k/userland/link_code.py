"""Instructions for ``wine_edits``: links and the folder to work in, and how distances get into code."""

from __future__ import annotations

from struct import pack

ERROR_FILENAME_EXCED_RANGE = 206
MAX_PATH = 260
LINK_INDEX = 3  # of the function that makes links, in ``wine_repairs.FUNCTIONS``


def linked(code: bytes, here: int, *targets: int) -> bytes:
    """Code with the distances of its calls and jumps, which are ``????`` in it, to these places."""
    for target in targets:
        at = code.index(b"????")
        code = code[:at] + pack("<i", target - here - at - 4) + code[at + 4 :]
    return code


def folder_detour(here: int, original: int, full_path: int) -> bytes:
    """SetCurrentDirectory(path), unless that is longer than MAX_PATH with the backslash at its end."""
    code = (
        b"\x31\xc0\x50\x50\x50"  # xor eax, eax; push eax; push eax; push eax
        + b"\xff\x74\x24\x10\xe8????"  # push [esp+16]: the path; call GetFullPathName
        + b"\x3d"  # cmp eax, MAX_PATH: what it needs, with the zero
        + pack("<I", MAX_PATH)
        + b"\x73\5\xe9????"  # jae refuse; jmp original
        + b"\x64\xa1\x18\0\0\0\xc7\x40\x34"  # refuse: mov eax, fs:[TEB]; mov dword [eax+LastErrorValue], ...
        + pack("<I", ERROR_FILENAME_EXCED_RANGE)
        + b"\x31\xc0\xc2\4\0"  # xor eax, eax; ret 4
    )
    return linked(code, here, full_path, original)


def link_function(
    here: int, handle: int, create_directory: int, create_file: int, host_call: int, close: int
) -> bytes:
    """CreateSymbolicLink(link, target, flags)."""
    code = (
        b"\x55\x89\xe5\x53\x6a\0"  # push ebp; mov ebp, esp; push ebx; push 0
        b"\x6a\x01\x5b"  # push CREATE_NEW; pop ebx
        b"\xf6\x45\x10\x01\x74\x11"  # test byte [ebp+16], SYMBOLIC_LINK_FLAG_DIRECTORY; jz open
        b"\x6a\0\xff\x75\x08\xe8????"  # push 0; push link; call CreateDirectoryW
        b"\x85\xc0\x74\x4a"  # test eax, eax; jz end
        b"\x6a\x03\x5b"  # push OPEN_EXISTING; pop ebx
        b"\x6a\0\x68\0\0\x20\x02"  # open: push 0; push FILE_FLAG_BACKUP_SEMANTICS | _OPEN_REPARSE_POINT
        b"\x53\x6a\0\x6a\0"  # push ebx; push 0: security; push 0: nobody else meanwhile
        b"\x68\0\0\x01\x40\xff\x75\x08\xe8????"  # push GENERIC_WRITE | DELETE; push link; call CreateFileW
        b"\x89\xc3\x40\x74\x30"  # mov ebx, eax; inc eax; jz refused
        b"\x89\x5d\xf8"  # mov [ebp-8], ebx
        b"\x8d\x45\xf8\x50"  # lea eax, [ebp-8]; push eax
        + bytes((0x6A, LINK_INDEX, 0x6A, 0, 0x6A, handle))  # push index; push 0; push handle
        + b"\xe8????"  # call host_call
        + b"\x93\x50\xe8????"  # xchg eax, ebx; push eax; call CloseHandle
        + b"\x64\xa1\x18\0\0\0\x89\x58\x34"  # mov eax, fs:[TEB]; mov [eax+LastErrorValue], ebx
        + b"\x31\xc0\x85\xdb\x0f\x94\xc0"  # xor eax, eax; test ebx, ebx; setz al
        + b"\x8b\x5d\xfc\xc9\xc2\x0c\0"  # end: mov ebx, [ebp-4]; leave; ret 12
        + b"\x64\xa1\x18\0\0\0"  # refused: mov eax, fs:[TEB]
        + b"\x80\x78\x34\x50\x75\4"  # cmp byte [eax+LastErrorValue], ERROR_FILE_EXISTS; jne other
        + b"\xc6\x40\x34\xb7"  # mov byte [eax+LastErrorValue], ERROR_ALREADY_EXISTS
        + b"\x31\xc0\xeb\xe5"  # other: xor eax, eax; jmp end
    )
    return linked(code, here, create_directory, create_file, host_call, close)
