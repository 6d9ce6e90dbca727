"""USER's and GDI's calls made with whatever a program may give: none makes our side fail, or hang."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ring3k.userland import wine
from ring3k.userland.choice import make_userland
from ring3k.userland.wine_functions import HostFunctions
from tests.win32.running import Ours

WAITS = {
    "NtUserGetMessage",
    "NtUserMsgWaitForMultipleObjectsEx",
    "NtUserWaitForInputIdle",
    "NtUserWaitMessage",
}
SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
static const struct { const char *name; DWORD words; } calls[] = { CALLS };
static DWORD handles[64], *memory, state;
static int count;
static DWORD next(void) { state ^= state << 13; state ^= state >> 17; return state ^= state << 5; }
static DWORD word(void)
{
    switch (next() % 11) {
    case 0: return 0;
    case 1: return next() % 40;
    case 2: return -1;
    case 3: return (DWORD)memory;
    case 4: return (DWORD)(memory + next() % 64);
    case 5: case 6: case 7: return count ? handles[next() % count] : 0;
    case 8: return next();
    case 9: return 0x80000000u >> next() % 32;
    }
    return 0x400 + next() % 3000;
}
static LRESULT CALLBACK procedure(HWND w, UINT m, WPARAM a, LPARAM b) { return DefWindowProcW(w, m, a, b); }
static void keep(DWORD handle) { if (handle && count < 64) handles[count++] = handle; }
int main(int given, char **words)
{
    state = given > 1 ? atoi(words[1]) : 1;
    HMODULE win32u = LoadLibraryA("win32u.dll");
    memory = VirtualAlloc(NULL, 0x10000, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    HINSTANCE self = GetModuleHandleW(NULL);
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = self, .lpszClassName = L"Hostile"};
    RegisterClassW(&class);
    for (int round = 0; round < 20000; round++) {
        if (round % 200 == 0) {
            count = 0;
            HWND outer = CreateWindowW(L"Hostile", L"a", WS_POPUP, 0, 0, 9, 9, NULL, NULL, self, NULL);
            keep((DWORD)outer);
            keep((DWORD)CreateWindowW(L"Hostile", L"b", WS_CHILD, 0, 0, 9, 9, outer, NULL, self, NULL));
            keep((DWORD)CreateBitmap(8, 8, 1, 32, NULL));
            keep((DWORD)CreateCompatibleDC(NULL));
            keep((DWORD)CreateSolidBrush(5));
            keep((DWORD)CreateRectRgn(0, 0, 3, 3));
            keep((DWORD)GetProcessWindowStation());
            keep((DWORD)GetThreadDesktop(GetCurrentThreadId()));
            keep((DWORD)LoadCursorW(NULL, IDC_ARROW));
            keep((DWORD)procedure);
            keep(GetCurrentThreadId());
        }
        for (int at = 0; at < 16; at++)
            memory[next() % 80] = word();
        DWORD which = next() % (sizeof calls / sizeof *calls), size = calls[which].words;
        DWORD arguments[20], result;
        void *call = GetProcAddress(win32u, calls[which].name);
        for (int at = 0; at < 20; at++)
            arguments[at] = word();
        if (!call)
            continue;
        __asm__ volatile("movl %%esp, %%edi\n movl %2, %%ecx\n testl %%ecx, %%ecx\n jz 2f\n"
                         "1: pushl -4(%3,%%ecx,4)\n decl %%ecx\n jnz 1b\n 2: call *%1\n movl %%edi, %%esp"
                         : "=a"(result) : "b"(call), "d"(size), "S"(arguments) : "ecx", "edi", "memory");
        if (result > 0x10000)
            keep(result);
    }
    puts("done");
    return 0;
}
"""


@pytest.mark.parametrize("seed", [1, 20, 300])
def test_nothing_of_ours_fails(ours: Ours, tmp_path: Path, seed: int) -> None:
    userland = make_userland("wine")
    assert isinstance(userland, wine.Wine)
    numbers = userland.numbers
    HostFunctions(str(Path(userland.folder) / wine.GRAPHICS), numbers, 0).known()
    names = sorted(n for n, number in numbers.numbers.items() if number & 0x1000 and n.startswith("Nt"))
    calls = ", ".join(f'{{"{name}", {numbers.words[name]}}}' for name in names if name not in WAITS)
    (tmp_path / "hostile.c").write_text(SOURCE.replace("CALLS", calls))
    build = ["i686-w64-mingw32-gcc-posix", "-O1", "-fno-omit-frame-pointer", "-o", "hostile.exe", "hostile.c"]
    subprocess.run([*build, "-lgdi32"], check=True, cwd=tmp_path)
    outcome = ours(tmp_path / "hostile.exe", str(seed), cwd=tmp_path)
    assert (outcome.status, outcome.lines) == (0, ["done"]), str(outcome)
    assert b"internal error" not in outcome.stderr
