"""Win32 programs that talk to somebody outside, and what they see when they must not."""

from __future__ import annotations

import hashlib
import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.request import urlopen

import pytest

import ring3k
from tests.win32.conftest import real
from tests.win32.running import Ours

DATA = bytes(range(256)) * 20_000


def checksum(data: bytes) -> int:
    found = 0
    for byte in data:
        found = (found * 31 + byte) & 0xFFFFFFFF
    return found


@pytest.fixture
def host(ours: Ours) -> Iterator[ring3k.System]:
    with ring3k.System(
        userland="wine", machine=ours.machine, network=True, stdout=io.StringIO(), stderr=io.StringIO()
    ) as system:
        yield system
        assert system.crashes == 0


def serve(talk: Callable[[socket.socket], None]) -> int:
    """Serve one connection in another thread; the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(60)

    def run() -> None:
        with listening, listening.accept()[0] as connection:
            connection.settimeout(60)
            talk(connection)

    threading.Thread(target=run, daemon=True).start()
    port: int = listening.getsockname()[1]
    return port


def send_all(connection: socket.socket) -> None:
    assert connection.recv(4) == b"GET\n"
    connection.sendall(DATA)


def reset(connection: socket.socket) -> None:
    assert connection.recv(4) == b"GET\n"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def send_and_end(connection: socket.socket) -> None:
    connection.sendall(DATA)
    connection.shutdown(socket.SHUT_WR)


def test_client_of_a_server_outside(ours: Ours, win32_programs: Path, tmp_path: Path) -> None:
    port = serve(send_all)
    done = ours(
        win32_programs / "sockets_peer.exe",
        "client",
        "localhost",
        str(port),
        cwd=tmp_path,
        options=["--network"],
    )
    assert done.lines[1:] == [
        "connected",
        f"received {len(DATA)}, sum {checksum(DATA):08x}, then 0, error 0",
    ], done
    assert done.status == 0


def test_client_whose_server_resets(ours: Ours, win32_programs: Path, tmp_path: Path) -> None:
    port = serve(reset)
    done = ours(
        win32_programs / "sockets_peer.exe",
        "client",
        "127.0.0.1",
        str(port),
        cwd=tmp_path,
        options=["--network"],
    )
    assert done.lines[1:] == ["connected", "received 0, sum 00000000, then -1, error 10054"], done


def test_server_for_a_client_outside(host: ring3k.System, win32_programs: Path) -> None:
    answers: list[bytes] = []

    def call(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            threading.Thread(target=send_and_end, args=(connection,)).start()
            data = b""
            while part := connection.recv(1 << 16):
                data += part
            answers.append(data)

    program = host.spawn([win32_programs / "sockets_peer.exe", "server"], console=True)
    caller: list[threading.Thread] = []
    while not program.ended:
        try:
            program.wait(timeout=0.2)
        except TimeoutError:
            if "port" in program.output and not caller:
                port = int(program.output.split("port ")[1].split()[0])
                caller.append(threading.Thread(target=call, args=(port,)))
                caller[0].start()
    caller[0].join(60)
    assert program.exit_status == 0
    assert "the end: 0" in program.output
    assert answers == [DATA]


def test_without_permission(ours: Ours, win32_programs: Path, tmp_path: Path) -> None:
    done = ours(win32_programs / "sockets_peer.exe", "off", cwd=tmp_path)
    assert done.lines[1:] == [
        "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) == INVALID_SOCKET ? -1 : 0: error 10050",
        "socket(AF_INET6, SOCK_DGRAM, 0) == INVALID_SOCKET ? -1 : 0: error 10050",
        "localhost: 0, 0",
        "127.0.0.1: 0, 0",
        "192.0.2.1: 0, 0",
        "example.org: 11001, 11001",
        "RING3K: 0, 0",
    ], done


class Pages(BaseHTTPRequestHandler):
    """Gives DATA, and keeps what it is given."""

    protocol_version = "HTTP/1.1"
    put: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA)

    def do_PUT(self) -> None:
        self.put.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        return


SCRIPT = """\
file(DOWNLOAD "http://127.0.0.1:{port}/x" out.bin STATUS status EXPECTED_HASH SHA256={digest})
message("download ${{status}}")
file(DOWNLOAD "http://localhost:{port}/y" again.bin STATUS status)
message("by name ${{status}}")
file(UPLOAD out.bin "http://127.0.0.1:{port}/up" STATUS status)
message("upload ${{status}}")
file(DOWNLOAD "http://127.0.0.1:1/" none.bin STATUS status)
message("nobody ${{status}}")
"""


def test_cmake_fetches_files(ours: Ours, tmp_path: Path) -> None:
    """Its libcurl: sockets that do not block, select, a resolver in a thread of its own."""
    cmake = real("cmake.exe")
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        script = SCRIPT.format(port=server.server_address[1], digest=hashlib.sha256(DATA).hexdigest())
        (tmp_path / "fetch.cmake").write_text(script)
        done = ours(cmake, "-P", "fetch.cmake", cwd=tmp_path, options=["--network"])
        server.shutdown()
    assert [line for line in done.error_lines if ";" in line] == [
        'download 0;"No error"',
        'by name 0;"No error"',
        'upload 0;"No error"',
        'nobody 7;"Could not connect to server"',
    ], done
    assert (tmp_path / "out.bin").read_bytes() == DATA
    assert Pages.put == [DATA]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port


def fetch_page(url: str) -> bytes:
    with urlopen(url, timeout=30) as answer:
        data: bytes = answer.read()
    return data


def test_esbuild_serves_pages(ours: Ours, tmp_path: Path) -> None:
    """A server in Go: overlapped sockets on a completion port, many clients at once."""
    esbuild, port = real("esbuild.exe"), free_port()
    (tmp_path / "big.bin").write_bytes(DATA)
    (tmp_path / "a.ts").write_text("console.log('served' as string)")
    place = ["--machine", str(ours.machine), "--network"]
    words = [f"--serve=127.0.0.1:{port}", "--servedir=.", "a.ts", "--outdir=out"]
    command = [sys.executable, "-m", "ring3k", "run", "--userland", "wine", *place, str(esbuild), *words]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=log, stderr=log) as server,
    ):
        try:
            page = f"http://127.0.0.1:{port}"
            for _ in range(200):
                try:
                    fetch_page(page + "/out/a.js")
                    break
                except OSError:
                    assert server.poll() is None, (tmp_path / "log").read_text()
                    time.sleep(0.1)
            assert fetch_page(page + "/big.bin") == DATA
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(fetch_page, [page + "/out/a.js"] * 80))
            assert {one.strip() for one in found} == {b'console.log("served");'}
            assert server.stdin is not None
            server.stdin.close()  # it ends with its input
            assert server.wait(timeout=30) == 0
        finally:
            server.kill()


NODE_SCRIPT = """\
const http = require('http');
const server = http.createServer((request, response) => response.end('page ' + request.url));
server.listen(0, '127.0.0.1', () => {
    let answers = [], wanted = 40;
    for (let i = 0; i < wanted; i++)
        http.get({host: '127.0.0.1', port: server.address().port, path: '/' + i}, response => {
            let text = '';
            response.on('data', part => text += part);
            response.on('end', () => {
                answers.push(text === 'page /' + i);
                if (answers.length === wanted) {
                    console.log(answers.every(good => good) ? 'all good' : 'not all good');
                    server.close();
                }
            });
        });
});
"""


def test_node_serves_itself(ours: Ours, tmp_path: Path) -> None:
    """libuv: many AcceptEx at once, ConnectEx, reads of nothing that tell of data."""
    node = real("node.exe")
    (tmp_path / "pages.js").write_text(NODE_SCRIPT)
    done = ours(node, "pages.js", cwd=tmp_path, options=["--network"])
    assert (done.lines, done.status) == (["all good"], 0), done


FETCH_SCRIPT = """\
const http = require('http');
const server = http.createServer((request, response) => response.end('page ' + request.url));
server.listen(0, '127.0.0.1', async () => {
    const place = 'http://127.0.0.1:' + server.address().port;
    const get = i => fetch(place + '/' + i).then(answer => answer.text());
    const texts = await Promise.all([...Array(20).keys()].map(get));
    console.log(texts.every((text, i) => text === 'page /' + i) ? 'all good' : 'not all good');
    server.closeAllConnections();
    server.close();
});
"""


def test_node_fetches_from_itself(ours: Ours, tmp_path: Path) -> None:
    """Its ``fetch`` makes no connection whose times of keep-alives cannot be set."""
    (tmp_path / "fetch.js").write_text(FETCH_SCRIPT)
    done = ours(real("node.exe"), "fetch.js", cwd=tmp_path, options=["--network"])
    assert (done.lines, done.status) == (["all good"], 0), done
