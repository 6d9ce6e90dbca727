"""More programs that nobody made for us: interpreters, and tools that lean on what few use."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

from tests.win32.conftest import real
from tests.win32.running import Ours
from tests.win32.test_real_programs import fine

# -- Perl: fork by threads, pipes, other programs, files ------------------------------------------------
PERL = r"""
$| = 1; use strict; use warnings; use Cwd;
sub ok { my ($good, $what) = @_; print(($good ? "ok " : "NOT OK ") . $what . "\n") }
ok(`cmd /c echo hi` eq "hi\n", "a command's output");
ok(system("cmd /c exit 3") == 3 << 8, "a command's status");
ok(system($^X, "-e", "exit 5") == 5 << 8, "a list");
open(my $p, "-|", "$^X -e \"print qq(one\\ntwo\\n)\"") or die;
my @lines = <$p>; close $p; ok("@lines" eq "one\n two\n", "reading from a pipe");
open($p, "|-", "$^X -ne \"exit(/text/ ? 6 : 0)\"") or die; print $p "some text\n"; close $p;
ok($? == 6 << 8, "writing to a pipe");
my $pid = fork(); if (!$pid) { exit 4 } waitpid($pid, 0); ok($? == 4 << 8, "fork");
pipe(my $r, my $w); $pid = fork();
if (!$pid) { close $r; print $w "through a pipe\n"; close $w; exit 0 }
close $w; my $got = <$r>; waitpid($pid, 0); ok($got eq "through a pipe\n", "a pipe from a fork");
open(my $f, ">", "f.txt") or die $!; print $f "line\n" x 3; close $f; ok(-s "f.txt" == 18, "text has CRLF");
chmod 0444, "f.txt"; ok(!-w "f.txt" && !open($f, ">>", "f.txt"), "read-only");
chmod 0666, "f.txt"; ok(unlink("f.txt") && !-e "f.txt", "unlink");
ok(utime(1000000000, 1000000000, $0) && (stat $0)[9] == 1000000000, "times");
mkdir "d"; chdir "d"; ok(cwd() =~ m{/d$}, "the folder"); chdir ".."; rmdir "d"; ok(!-d "d", "rmdir");
open($f, ">", "a b.txt"); close $f; my @found = glob('"a b*"'); ok("@found" eq "a b.txt", "glob");
rename "a b.txt", "c.txt"; ok(-e "c.txt", "rename");
eval { local $SIG{ALRM} = sub { die "alarm\n" }; alarm 1; 1 while 1 }; ok($@ eq "alarm\n", "an alarm");
ok(`$^X -e "print STDERR 'err'" 2>&1` eq 'err', "redirected");
$ENV{FOO} = "bar baz"; ok(`cmd /c echo %FOO%` eq "bar baz\n", "the environment");
ok(`$^X -e "print join '|', \@ARGV" "a b" c\\"d "" "e\\\\"` eq 'a b|c"d||e\\', "quotes");
require Win32; ok(Win32::GetShortPathName("C:\\Program Files") eq 'C:\PROGRA~1', "a short name");
require POSIX; ok(POSIX::strftime("%Y-%m-%d", gmtime 0) eq "1970-01-01", "the date");
ok(9 ** 20 == 12157665459056928801 && sprintf("%.3e", 2 ** .5) eq "1.414e+00", "numbers");
print "done\n"; exit 7;
"""


def shown(program: Path, letter: str = "P") -> list[str]:
    """Others that are started by a path need to see it."""
    return ["--mount", f"{letter}={program.parent}:ro"]


def test_perl(ours: Ours, tmp_path: Path) -> None:
    perl = real("perl.exe")
    (tmp_path / "t.pl").write_text(PERL)
    done = fine(ours(perl, "t.pl", cwd=tmp_path, options=shown(perl)), 7)
    assert done.lines[-1] == "done", str(done)
    assert [line for line in done.lines[:-1] if not line.startswith("ok ")] == []
    assert done.error_lines in ([], ["ring3k: perl.exe ended with 0x7"]), str(done)


def picture() -> bytes:
    """A PNG of two by two."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0abcdef\0ghijkl")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_exiftool_writes_and_reads(ours: Ours, tmp_path: Path) -> None:
    """A program that starts another, Perl; the file is replaced by a new one, the old one renamed."""
    program = real("exiftool.exe")
    (tmp_path / "a.png").write_bytes(picture())
    assert fine(ours(program, "-Artist=Me", "a.png", cwd=tmp_path)).lines == ["    1 image files updated"]
    assert (tmp_path / "a.png_original").read_bytes() == picture()
    told = fine(ours(program, "-s3", "-Artist", "-ImageSize", "a.png", cwd=tmp_path)).lines
    assert told == ["Me", "2x2"]


# -- Dart ----------------------------------------------------------------------------------------------
def test_sass_compiles(ours: Ours, tmp_path: Path) -> None:
    """A just-in-time compiler, its isolates, and its names of symbols (dbghelp)."""
    dart = real("dart.exe")
    (tmp_path / "_part.scss").write_text("$colour: red;\n")
    (tmp_path / "a.scss").write_text('@use "part";\n.a { .b { color: part.$colour; width: 1px + 2px; } }\n')
    words = ["P:\\sass.snapshot", "--no-source-map", "a.scss", "out.css"]
    done = fine(ours(dart, *words, cwd=tmp_path, options=shown(dart)))
    assert (tmp_path / "out.css").read_text() == ".a .b {\n  color: red;\n  width: 3px;\n}\n"
    assert (done.stdout, done.stderr) == (b"", b"")


# -- tools ---------------------------------------------------------------------------------------------
def test_clang_format(ours: Ours, tmp_path: Path) -> None:
    program = real("clang-format.exe")
    (tmp_path / ".clang-format").write_text("BasedOnStyle: LLVM\n")
    (tmp_path / "a.c").write_text("int  main( void ){return 0 ;}\n")
    (tmp_path / "words.rsp").write_text("-i a.c\n")
    fine(ours(program, "@words.rsp", cwd=tmp_path))
    assert (tmp_path / "a.c").read_text() == "int main(void) { return 0; }\n"
    done = ours(program, "--assume-filename=b.cpp", cwd=tmp_path, stdin=b"class A{int x;};\n")
    assert fine(done).lines == ["class A {", "  int x;", "};"]
    assert fine(ours(program, "-n", "--Werror", "a.c", cwd=tmp_path)).lines == []


def test_rcedit_changes_resources(ours: Ours, tmp_path: Path) -> None:
    program = real("rcedit.exe")
    shutil.copy(program, tmp_path / "it.exe")
    words = ["--set-version-string", "FileDescription", "hello you", "--set-file-version", "1.2.3.4"]
    fine(ours(program, "it.exe", *words, cwd=tmp_path))
    done = fine(ours("it.exe", "it.exe", "--get-version-string", "FileDescription", cwd=tmp_path))
    assert done.stdout.decode().strip() == "hello you"


def test_openssl_digests_and_encrypts(ours: Ours, tmp_path: Path) -> None:
    program = real("openssl.exe")
    (tmp_path / "in").write_bytes(b"content" * 1000)
    digest = fine(ours(program, "dgst", "-sha256", "in", cwd=tmp_path)).lines
    assert digest == [f"SHA256(in)= {hashlib.sha256(b'content' * 1000).hexdigest()}"]
    key = ["-aes-128-cbc", "-K", "00112233445566778899aabbccddeeff", "-iv", "0" * 32]
    fine(ours(program, "enc", *key, "-in", "in", "-out", "enc", cwd=tmp_path))
    fine(ours(program, "enc", "-d", *key, "-in", "enc", "-out", "out", cwd=tmp_path))
    assert (tmp_path / "out").read_bytes() == b"content" * 1000
    assert (tmp_path / "enc").read_bytes() != b"content" * 1000
    made = fine(ours(program, "genrsa", "1024", cwd=tmp_path))
    known = subprocess.run(
        ["openssl", "rsa", "-check", "-noout"], check=False, input=made.stdout, capture_output=True
    )
    assert b"RSA key ok" in known.stdout + known.stderr


def test_processes_are_listed(ours: Ours, tmp_path: Path) -> None:
    listed = [line.split("\t") for line in fine(ours(real("fastlist.exe"), cwd=tmp_path)).lines]
    assert "System" in [line[-1] for line in listed]
    assert any(line[-1].startswith("fastlist") for line in listed)


# -- Node.js -------------------------------------------------------------------------------------------
LINKS = r"""
const fs = require('fs');
const say = (what, f) => {
    try { console.log(what, JSON.stringify(f())) } catch (e) { console.log(what, e.code, e.syscall) }
};
fs.mkdirSync('target/deep', {recursive: true});
fs.writeFileSync('target/deep/f', 'text');
say('make', () => fs.symlinkSync('D:\\target', 'j', 'junction'));
say('told', () => fs.readlinkSync('j'));
say('read', () => fs.readFileSync('j/deep/f', 'utf8'));
say('is', () => [fs.lstatSync('j').isSymbolicLink(), fs.statSync('j').isSymbolicLink()]);
say('listed', () => fs.readdirSync('.', {withFileTypes: true}).map(one => one.name + one.isSymbolicLink()));
say('real', () => [fs.realpathSync('j/deep'), fs.realpathSync.native('j/deep')]);
say('write', () => { fs.writeFileSync('j/new', 'x'); return fs.existsSync('target/new') });
say('rename', () => { fs.renameSync('j', 'k'); return [fs.existsSync('j'), fs.readlinkSync('k')] });
say('remove', () => { fs.unlinkSync('k'); return fs.readdirSync('target') });
say('loop', () => { fs.symlinkSync('D:\\loop', 'loop', 'junction'); return fs.readdirSync('loop') });
fs.mkdirSync('t');
fs.symlinkSync('D:\\target', 't/j', 'junction');
say('tree', () => fs.rmSync('t', {recursive: true}));
say('stays', () => fs.readdirSync('target'));
say('link', () => fs.symlinkSync('target', 'link'));
say('leads', () => [fs.readlinkSync('link'), fs.readdirSync('link'), fs.lstatSync('link').isSymbolicLink()]);
"""
LINK_LINES = r"""make undefined
told "D:\\target"
read "text"
is [true,false]
listed ["jtrue","j.jsfalse","targetfalse"]
real ["D:\\target\\deep","D:\\target\\deep"]
write true
rename [false,"D:\\target"]
remove ["deep","new"]
loop ELOOP scandir
tree undefined
stays ["deep","new"]
link undefined
leads ["target",["deep","new"],true]
"""


def test_node_makes_links(ours: Ours, tmp_path: Path) -> None:
    """Junctions and symbolic links, which lead elsewhere, and are removed without what is there."""
    (tmp_path / "j.js").write_text(LINKS)
    done = fine(ours(real("node.exe"), "j.js", cwd=tmp_path))
    assert "\n".join(done.lines) + "\n" == LINK_LINES, str(done)


READS = """
process.stdin.on('data', part => console.log('got ' + part.toString().trim()))
    .on('end', () => console.log('end')).on('error', error => console.log(error.code));
"""


def test_node_reads_a_pipe_and_a_file(ours: Ours, tmp_path: Path) -> None:
    """It reads nothing until there is something, and asks then how much there is."""
    (tmp_path / "reads.js").write_text(READS)
    node = real("node.exe")
    assert fine(ours(node, "reads.js", cwd=tmp_path, stdin=b"some text\n")).lines == ["got some text", "end"]
    assert fine(ours(node, "reads.js", cwd=tmp_path)).lines == ["end"]
    start = [sys.executable, "-m", "ring3k", "run", "--machine", str(ours.machine), str(node), "reads.js"]
    with (tmp_path / "in.txt").open("w+") as file:
        file.write("from a file\n")
        file.seek(0)
        done = subprocess.run(start, check=False, stdin=file, capture_output=True, cwd=tmp_path, timeout=60)
    assert done.stdout.split(b"\n") == [b"got from a file", b"end", b""], done
    with subprocess.Popen(
        start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, bufsize=0
    ) as slow:
        assert slow.stdin is not None
        assert slow.stdout is not None
        for text in (b"one\n", b"two\n"):
            slow.stdin.write(text)
            assert slow.stdout.readline() == b"got " + text
        slow.stdin.close()
        assert slow.stdout.read() == b"end\n"


UNLINKS = r"""
const fs = require('fs');
fs.writeFileSync('f', 'before');
const open = fs.openSync('f', 'r+');
fs.unlinkSync('f');
console.log(fs.existsSync('f'), fs.readdirSync('.'), fs.readFileSync(open, 'utf8'));
fs.writeFileSync('f', 'after');
fs.closeSync(open);
console.log(fs.readFileSync('f', 'utf8'));
"""


def test_node_removes_an_open_file(ours: Ours, tmp_path: Path) -> None:
    """Its name goes at once (POSIX semantics), and may be another file's."""
    (tmp_path / "u.js").write_text(UNLINKS)
    done = fine(ours(real("node.exe"), "u.js", cwd=tmp_path))
    assert done.lines == ["false [ 'u.js' ] before", "after"]


# -- Node.js: modules beside a script at the root of a drive, which it asks the volume for ---------------
def test_node_finds_modules_beside_a_script(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text(
        "const fs = require('fs');\n"
        "console.log(require('./one'), require('./folder').two);\n"
        "console.log(fs.statSync('\\\\\\\\?\\\\D:').isDirectory());\n"
    )
    (tmp_path / "one.js").write_text("module.exports = 1;\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/index.js").write_text("exports.two = 1 + require('../one');\n")
    assert fine(ours(real("node.exe"), "main.js", cwd=tmp_path)).lines == ["1 2", "true"]
