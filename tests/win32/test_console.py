"""Programs at a terminal: what a person sees, and what becomes of what he types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.win32.conftest import system_program
from tests.win32.terminal import PATIENCE, Terminal

UP, DOWN, LEFT, RIGHT, HOME, END = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C", "\x1b[H", "\x1b[F"


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """probe.exe, in the folder to work in."""
    if not shutil.which("i686-w64-mingw32-gcc"):
        pytest.fail("there is no i686-w64-mingw32-gcc: run scripts/setup", pytrace=False)
    built = tmp_path_factory.mktemp("console") / "probe.exe"
    source = Path(__file__).parent / "console/probe.c"
    subprocess.run(
        ["i686-w64-mingw32-gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-static", "-s", "-o", built, source],
        check=True,
    )
    return built


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    system_program("cmd.exe")  # or skip
    return tmp_path_factory.mktemp("console-machine") / "machine"


class Starter:
    """Runs programs in terminals."""

    def __init__(self, machine: Path, probe: Path) -> None:
        self.probe = probe
        self.cwd = str(probe.parent)
        ring3k = str(Path(sys.executable).parent / "ring3k")
        self.command = [ring3k, "run", "--userland", "wine", "--machine", str(machine)]
        self.env = {**os.environ, "RING3K_COLD": "1", "TERM": "xterm-256color"}
        self.terminals: list[Terminal] = []

    def __call__(self, *words: str, columns: int = 80, lines: int = 24) -> Terminal:
        made = Terminal([*self.command, *words], self.cwd, self.env, columns, lines)
        self.terminals.append(made)
        return made

    def asked(self, what: str, columns: int = 80, lines: int = 24) -> Terminal:
        return self(str(self.probe), what, columns=columns, lines=lines)


@pytest.fixture
def start(machine: Path, probe: Path) -> Iterator[Starter]:
    made = Starter(machine, probe)
    yield made
    for one in made.terminals:
        one.close()


def prompt(terminal: Terminal) -> None:
    """Wait for cmd.exe's."""
    terminal.until(lambda: bool(terminal.rows) and terminal.rows[-1].endswith(">"), "a prompt")


def test_a_command_interpreter(start: Starter) -> None:
    terminal = start(str(system_program("cmd.exe")))
    prompt(terminal)
    assert terminal.is_raw
    terminal.type("echo one\r")
    terminal.see("\none\n")
    terminal.type(f"ecXho{LEFT}{LEFT}\x7f{END} two{HOME}{RIGHT}\r")
    terminal.see("\ntwo\n")
    prompt(terminal)
    terminal.type(f"{UP}{UP}{DOWN}{UP}\r")
    terminal.until(lambda: terminal.text.count("\none\n") == 2, "the first command again")
    prompt(terminal)
    terminal.type("title A title of its own\r")
    terminal.until(lambda: terminal.screen.title == "A title of its own", "the title")
    prompt(terminal)
    terminal.type("color 1e\r")
    terminal.until(lambda: terminal.screen.buffer[0][0].bg == "blue", "the colour")
    prompt(terminal)
    terminal.type("cls\r")
    terminal.until(lambda: len(terminal.rows) <= 2 and terminal.screen.cursor.y < 3, "an empty screen")
    prompt(terminal)
    terminal.type("abandoned\x03")
    terminal.see("abandoned^C")
    prompt(terminal)
    terminal.type("exit 5\r")
    assert terminal.wait() == 5
    assert not terminal.is_raw
    assert b"\x1b[0m" in terminal.raw[-10:]


def test_control_c_ends_a_program_and_not_the_command_interpreter(start: Starter) -> None:
    terminal = start(str(system_program("cmd.exe")))
    prompt(terminal)
    terminal.type("probe loop\r")
    terminal.see("tick 3")
    terminal.type("\x03")
    prompt(terminal)
    terminal.type("echo still here\r")
    terminal.see("\nstill here\n")
    prompt(terminal)
    terminal.type("echo status %errorlevel%\r")
    terminal.see("\nstatus -1073741510\n")
    prompt(terminal)
    terminal.type("probe handler\r")
    terminal.see("ready")
    terminal.type("\x03")
    terminal.see("caught 0")
    terminal.type("\x1c")
    terminal.see("caught 1")
    prompt(terminal)
    terminal.type("exit\r")
    assert terminal.wait() == 0


def test_what_was_there_stays(start: Starter) -> None:
    """A program that just prints is text in a terminal, as any other."""
    terminal = start.asked("lines", columns=60, lines=10)
    terminal.stream.feed(b"$ command\r\n")
    assert terminal.wait() == 0
    assert b"\x1b" not in terminal.raw
    lines = [f"this is line {n}, and it is not the last one" for n in range(20_000)]
    assert terminal.raw.decode().replace("\r", "").splitlines() == lines
    assert terminal.reads < 5000


def test_a_program_that_does_not_read_leaves_the_terminal_alone(start: Starter) -> None:
    terminal = start.asked("loop")
    terminal.see("tick 1")
    assert not terminal.is_raw
    terminal.type("\x03")
    assert terminal.wait() == 130


def test_control_events(start: Starter) -> None:
    terminal = start.asked("handler")
    terminal.see("ready")
    terminal.type("\x03")
    terminal.see("caught 0")
    terminal.type("\x1c")
    terminal.see("caught 1")
    assert terminal.wait() == 7


def test_a_process_group_hears_of_control_break(start: Starter) -> None:
    terminal = start.asked("group")
    assert terminal.wait() == 0
    assert terminal.text.count("caught 1") == 2
    assert "child ended with 7" in terminal.text


def test_keys(start: Starter) -> None:
    terminal = start.asked("keys")
    terminal.see("ready")
    terminal.type(f"aA{UP}\x01\x1bx\x03q")
    assert terminal.wait() == 0
    for line in ("41 61 0", "41 41 10", "26 0 100", "41 1 8", "58 78 2", "43 3 8", "51 71 0"):
        assert f"key {line}\n" in terminal.text + "\n"


def test_a_wait_for_input(start: Starter) -> None:
    terminal = start.asked("wait")
    terminal.see("wait 258")
    terminal.type("x")
    terminal.see("wait 0 events 0 2")
    assert terminal.wait() == 0


def test_the_size_of_the_window(start: Starter) -> None:
    terminal = start.asked("sizes", columns=70, lines=20)
    terminal.see("window 70 x 20 of 70 x 20")
    terminal.resize(100, 30)
    terminal.see("event 100 x 30")
    terminal.see("window 100 x 30 of 100 x 30")
    assert terminal.wait() == 0


def test_cells(start: Starter) -> None:
    terminal = start.asked("screen")
    assert terminal.wait() == 0
    assert [row for row in terminal.rows if row] == ["###", "   ..     AB", "   ..     CD", "green ok"]
    row = terminal.rows.index("green ok")
    assert terminal.screen.buffer[row][0].fg in ("brightgreen", "green")
    assert terminal.screen.buffer[row][6].fg == "default"


def test_several_screens(start: Starter) -> None:
    terminal = start.asked("buffers")
    terminal.see("second")
    assert "first" not in terminal.text
    terminal.see("again")
    assert terminal.wait() == 0
    assert terminal.rows == ["first", "again"]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("attach", "attached: as before"),
        ("own", "a console of its own"),
        ("utf8", "grüß €\nü\nЖ"),
        ("escapes", "red plaxn"),
    ],
)
def test_what_it_says(start: Starter, what: str, expected: str) -> None:
    terminal = start.asked(what)
    assert terminal.wait() == 0
    assert terminal.text == expected


def test_every_character_by_itself(start: Starter) -> None:
    terminal = start.asked("characters")
    assert terminal.wait() == 0
    assert terminal.rows[-1] == "end"
    assert terminal.reads < 2000


def test_lines_that_are_read(start: Starter) -> None:
    terminal = start.asked("names")
    terminal.see("name?")
    terminal.type("Ann\r")
    terminal.see("hello Ann")
    assert terminal.wait() == 0
    terminal = start.asked("password")
    terminal.see("password:")
    terminal.type("secret\r")
    terminal.see("8 bytes")
    assert "secret" not in terminal.text
    terminal = start.asked("copy")
    terminal.until(lambda: terminal.is_raw, "raw mode")
    terminal.type("abc\r")
    terminal.see("got 5")
    terminal.type("\x1a\r")
    terminal.see("end of file")
    assert terminal.wait() == 0


def test_input_and_output_may_be_files(start: Starter, tmp_path: Path) -> None:
    """Bytes go through untouched; only what is a terminal is a console."""
    output = tmp_path / "output"
    script = f"exec {' '.join(start.command)} {start.probe} utf8 > {output}"
    terminal = Terminal(["sh", "-c", script], start.cwd, start.env)
    start.terminals.append(terminal)
    assert terminal.wait() == 0
    assert output.read_bytes().startswith("grüß €\r\n".encode() + b"\x81\r\n")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    if not shutil.which("tmux"):
        pytest.skip("there is no tmux: run scripts/setup")
    command = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True)


def test_under_tmux(start: Starter, tmux: list[str]) -> None:
    def do(*words: str) -> str:
        return subprocess.run([*tmux, *words], check=True, capture_output=True, text=True).stdout

    def see(text: str) -> str:
        end = time.monotonic() + PATIENCE
        while True:
            shown = do("capture-pane", "-p")
            if text in shown:
                return shown
            assert time.monotonic() < end, f"{text!r} does not come; there is:\n{shown}"
            time.sleep(0.1)

    shell = ["env", "PS1=$ ", "RING3K_COLD=1", "sh"]
    do("new-session", "-d", "-x", "70", "-y", "15", "-c", start.cwd, *shell)
    do("send-keys", f"echo before; {' '.join(start.command)} {system_program('cmd.exe')}", "Enter")
    see(":\\>")
    do("send-keys", "ecko hello", "Left", "Left", "Left", "Left", "Left", "Left", "Left", "BSpace")
    do("send-keys", "h", "End", " tmux", "Enter")
    assert "before" in see("\nhello tmux\n")
    do("send-keys", "Up", "Enter")
    do("resize-window", "-x", "50", "-y", "12")
    do("send-keys", "probe loop", "Enter")
    see("tick 2")
    do("send-keys", "C-c")
    see(":\\>")
    do("send-keys", "exit 3", "Enter")
    see("\n$")
    do("send-keys", "echo status $?", "Enter")
    see("status 3")
