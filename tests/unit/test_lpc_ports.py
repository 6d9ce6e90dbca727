"""Ports without guests: threads of the kernel on both ends, and a model beside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_LPC_REPLY_LOST,
    STATUS_NO_MEMORY,
    STATUS_PORT_DISCONNECTED,
    STATUS_PORT_MESSAGE_TOO_LONG,
    STATUS_REPLY_MESSAGE_MISMATCH,
    NtError,
)
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.ke.kernel import Kernel
from ring3k.lpc.end import register
from ring3k.lpc.kernel_thread import KernelThread, SystemProcess
from ring3k.lpc.kind import CLIENT, COMMUNICATION, CONNECTION
from ring3k.lpc.message import HEADER, HEADER_SIZE, MESSAGE_COST, Header, Message, as_reply
from ring3k.lpc.port import Port, WaitablePort
from ring3k.lpc.request import send_datagram, send_request
from ring3k.lpc.wait import WaiterTable
from ring3k.ob.object import TypeTable
from ring3k.ps.table import ClientIdTable
from ring3k.sched.clock import VirtualClock


class World:
    """A kernel with ports, and threads that are coroutines."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.kernel = Kernel(FakeEngine(self.clock), Bus(), self.clock)
        self.kernel.add_part(TypeTable())
        self.kernel.add_part(ClientIdTable("nt51"))
        self.table = WaiterTable(self.kernel)
        self.kernel.add_part(self.table)
        self.process = SystemProcess(self.kernel, None)  # type: ignore[arg-type]  # nobody asks who it is
        self._next = 0x100
        self.used = self.kernel.pool.used

    def thread(self, body: Coroutine[Any, Any, None] | None = None) -> KernelThread:
        self._next += 4
        made = KernelThread(self.kernel, self.process, self._next)
        if body is not None:
            made.run(body)
        return made

    def run(self) -> None:
        self.kernel.scheduler.run_ready()

    def port(self, kind: type[Port] = Port, most: int = 100) -> Port:
        made = kind(self.kernel, CONNECTION, most)
        made.opened()
        return made

    def pair(self, connection: Port, context: int) -> tuple[Port, Port]:
        """(client port, communication port)."""
        client = Port(self.kernel, CLIENT, connection.maximum, connection)
        server = Port(self.kernel, COMMUNICATION, connection.maximum, connection)
        client.connected, server.connected, server.context = server, client, context
        client.opened()
        server.opened()
        return client, server

    def clean(self) -> bool:
        """Whether nothing is left."""
        return self.kernel.pool.used == self.used and not self.table.waiting


@pytest.fixture
def world() -> World:
    return World()


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


def header(data: bytes, type_: int = 0) -> Header:
    return len(data), HEADER_SIZE + len(data), type_, 0, 0, 0, 0, 0


def image(data: bytes, type_: int = 0) -> bytes:
    return HEADER.pack(*header(data, type_)) + data


def status_of(action: Callable[[], object]) -> int:
    """0, or the status of the error it raises."""
    try:
        action()
    except NtError as error:
        return error.status
    return 0


def value_of(message: Message) -> int:
    return int.from_bytes(message.data[:4], "little")


def answer(world: World, port: Port, message: Message, data: bytes) -> None:
    """As NtReplyPort."""
    waiter = world.table.find_request(*message.header[4:7], port)
    waiter.answer(as_reply((len(data), HEADER_SIZE + len(data), *message.header[2:]), data))


# -- the kernel's side --------------------------------------------------------------------
class Asked:
    """A thread in ``Port.kernel_request``."""

    def __init__(self, world: World, port: Port, message: bytes) -> None:
        self.reply: bytes | None = None
        self.status: int | None = None
        self.thread = world.thread()
        self.thread.run(self._ask(port, message))

    async def _ask(self, port: Port, message: bytes) -> None:
        try:
            self.reply = await port.kernel_request(self.thread, message)
        except NtError as error:
            self.status = error.status


def test_kernel_request(world: World) -> None:
    port = world.port()
    asked = Asked(world, port, image(words(1, 2, 3), LPC_TYPE.LPC_EXCEPTION))
    message = port.take()
    assert message.type == LPC_TYPE.LPC_EXCEPTION
    assert message.header[4:6] == (world.process.pid, asked.thread.tid)
    assert message.data == words(1, 2, 3)
    assert asked.reply is None
    assert asked.status is None
    answer(world, port, message, words(4))
    world.run()
    assert asked.reply is not None
    assert HEADER.unpack_from(asked.reply)[2] == LPC_TYPE.LPC_REPLY
    assert asked.reply[HEADER_SIZE:] == words(4)
    port.closed(world.process)
    assert world.clean()


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (image(b"", LPC_TYPE.LPC_DATAGRAM), STATUS_INVALID_PARAMETER),
        (image(b"", LPC_TYPE.LPC_CONNECTION_REQUEST), STATUS_INVALID_PARAMETER),
        (image(bytes(80), LPC_TYPE.LPC_DEBUG_EVENT), STATUS_PORT_MESSAGE_TOO_LONG),
    ],
)
def test_kernel_request_refuses(world: World, message: bytes, status: int) -> None:
    port = world.port()
    assert Asked(world, port, message).status == status
    port.closed(world.process)
    assert world.clean()


def test_kernel_request_is_lost_with_its_server(world: World) -> None:
    port = world.port()
    asked = Asked(world, port, image(words(1)))
    port.reference()
    port.closed(world.process)
    world.run()
    assert asked.status == STATUS_LPC_REPLY_LOST
    assert Asked(world, port, image(words(1))).status == STATUS_PORT_DISCONNECTED
    port.dereference()
    assert world.clean()


def test_kernel_request_ends_with_its_thread(world: World) -> None:
    port = world.port()
    asked = Asked(world, port, image(words(1)))
    message = port.take()
    asked.thread.stop()
    assert not world.table.waiting
    with pytest.raises(NtError):
        answer(world, port, message, b"")
    port.closed(world.process)
    assert world.clean()


def test_the_mark_of_the_kernel_is_passed_on(world: World) -> None:
    port = world.port()
    asked = Asked(world, port, image(words(1), LPC_TYPE.LPC_ERROR_EVENT | 0x8000))
    message = port.take()
    assert message.type == LPC_TYPE.LPC_ERROR_EVENT
    assert message.header[2] == LPC_TYPE.LPC_ERROR_EVENT | 0x8000
    asked.thread.stop()
    port.closed(world.process)
    assert world.clean()


def test_kernel_send(world: World) -> None:
    port = world.port()
    port.kernel_send(world.thread(), image(words(5), LPC_TYPE.LPC_CLIENT_DIED))
    port.kernel_send(world.thread(), image(words(6)))
    assert [port.take().type, port.take().type] == [LPC_TYPE.LPC_CLIENT_DIED, LPC_TYPE.LPC_DATAGRAM]
    port.closed(world.process)
    assert world.clean()


# -- queues -----------------------------------------------------------------------------
def test_a_queue_is_charged_and_bounded(world: World) -> None:
    pool = world.kernel.pool
    port = world.port()
    pool.limit = pool.used + 10 * MESSAGE_COST
    data = words(1)
    for _ in range(10):
        send_datagram(world.thread(), port, header(data), data)
    with pytest.raises(NtError) as caught:
        send_datagram(world.thread(), port, header(data), data)
    assert caught.value.status == STATUS_NO_MEMORY
    with pytest.raises(NtError) as caught:
        send_request(world.thread(), port, header(data), data)
    assert caught.value.status == STATUS_NO_MEMORY
    assert not world.table.waiting
    assert not port.chain
    port.closed(world.process)
    assert world.clean()


def test_death_notices_are_charged_and_bounded(world: World) -> None:
    pool = world.kernel.pool
    port = world.port()
    t = world.thread()
    pool.limit = pool.used + 1000
    while status_of(lambda: register(t, port)) == 0:
        assert len(t.at_end) < 100
    count = len(t.at_end)
    assert count
    pool.limit = 1 << 20
    for action in t.at_end:
        action()
    assert [one.type for one in port.queue] == [LPC_TYPE.LPC_CLIENT_DIED] * count
    port.closed(world.process)
    assert world.clean()


class Receiving:
    """A thread that waits for messages and keeps them."""

    def __init__(self, world: World, port: Port, deadline: int | None = None) -> None:
        self.got: list[Message | None] = []
        self.thread = world.thread()
        self.thread.run(self._receive(port, deadline))

    async def _receive(self, port: Port, deadline: int | None) -> None:
        self.got.append(await port.receive(self.thread, deadline))


def test_a_message_given_to_a_thread_that_ends_goes_to_the_next(world: World) -> None:
    port = world.port()
    first, second = Receiving(world, port), Receiving(world, port)
    data = words(7)
    send_datagram(world.thread(), port, header(data), data)
    assert not port.queue  # the first has it, but has not run yet
    first.thread.stop()
    world.run()
    assert not first.got
    assert [value_of(one) for one in second.got if one is not None] == [7]
    port.closed(world.process)
    assert world.clean()


def test_what_nobody_takes_over_is_queued_again(world: World) -> None:
    port = world.port(WaitablePort)
    only = Receiving(world, port)
    data = words(8)
    send_datagram(world.thread(), port, header(data), data)
    only.thread.stop()
    assert value_of(port.queue[0]) == 8
    assert port.wait_target.can_take(only.thread)
    port.closed(world.process)
    assert world.clean()


def test_time_runs_out(world: World) -> None:
    port = world.port()
    waiting = Receiving(world, port, world.clock.interrupt_time() + 1000)
    world.clock.advance(2000)
    world.kernel.scheduler.run_alarms()
    world.run()
    assert waiting.got == [None]
    assert not port.receivers
    port.closed(world.process)
    assert world.clean()


def test_message_ids_skip_those_that_wait(world: World) -> None:
    port = world.port()
    data = words(1)
    waiters = [send_request(world.thread(), port, header(data), data) for _ in range(3)]
    world.table._message = 0xFFFFFFFF
    assert world.table.next_message() == 4  # never 0, and 1 to 3 are in use
    for one in waiters:
        one.forget()
    world.table._message = 0xFFFFFFFF
    assert world.table.next_message() == 1
    port.closed(world.process)
    assert world.clean()


# -- many clients, by chance ----------------------------------------------------------------
class Client:
    """One connection, and what it is to see."""

    def __init__(self, world: World, connection: Port, number: int) -> None:
        self.number = number
        self.port, self.server = world.pair(connection, number)
        self.open = self.cut = False
        self.open = True
        self.waiting: KernelThread | None = None
        self.status: int | None = None
        self.reply: int | None = None


class Play:
    """Operations on both the ports and a model of them; every step compares the two."""

    def __init__(self, clients: int) -> None:
        self.world = World()
        self.connection = self.world.port()
        self.clients = [Client(self.world, self.connection, i + 1) for i in range(clients)]
        self.queue: deque[tuple[int, int, int]] = deque()  # (type, client, value) in order
        self.received: list[tuple[Message, Client, int, KernelThread | None]] = []
        self.value = 0

    def step(self, operation: str, number: int) -> None:
        client = self.clients[number % len(self.clients)]
        action: Callable[[Client], None] = getattr(self, operation)
        action(client)
        self.world.run()
        self._compare()

    def _compare(self) -> None:
        queue = self.connection.queue
        assert [(one.type, one.context) for one in queue] == [(type_, who) for type_, who, _ in self.queue]
        waiting = {one.waiting.tid for one in self.clients if one.waiting is not None}
        assert {one.thread.tid for one in self.world.table.waiting.values()} == waiting

    # operations
    def tell(self, client: Client) -> None:
        if not client.open or client.waiting:
            return
        self.value += 1
        data = words(self.value)
        t = self.world.thread()
        status = status_of(lambda: send_datagram(t, client.port, header(data), data))
        assert status == (STATUS_PORT_DISCONNECTED if client.cut else 0)
        if not status:
            self.queue.append((LPC_TYPE.LPC_DATAGRAM, client.number, self.value))

    def ask(self, client: Client) -> None:
        if not client.open or client.waiting:
            return
        self.value += 1
        client.status = client.reply = None
        thread = self.world.thread()
        thread.run(self._asking(client, thread, words(self.value)))
        if client.cut:
            assert client.status == STATUS_PORT_DISCONNECTED
            return
        client.waiting = thread
        self.queue.append((LPC_TYPE.LPC_REQUEST, client.number, self.value))

    async def _asking(self, client: Client, thread: KernelThread, data: bytes) -> None:
        try:
            reply = await client.port.kernel_request(thread, HEADER.pack(*header(data)) + data)
            client.reply = int.from_bytes(reply[HEADER_SIZE : HEADER_SIZE + 4], "little")
        except NtError as error:
            client.status = error.status

    def take(self, client: Client) -> None:
        if not self.queue:
            assert not self.connection.queue
            return
        type_, who, value = self.queue.popleft()
        message = self.connection.take()
        assert (message.type, message.context) == (type_, who)
        if type_ != LPC_TYPE.LPC_PORT_CLOSED:
            assert value_of(message) == value
        if type_ == LPC_TYPE.LPC_REQUEST:
            sender = self.clients[who - 1]
            self.received.append((message, sender, value, sender.waiting))

    def answer(self, client: Client) -> None:
        if not self.received:
            return
        message, sender, value, thread = self.received.pop(client.number % len(self.received))
        valid = thread is not None and sender.waiting is thread and thread.tid == message.header[5]
        status = status_of(lambda: answer(self.world, self.connection, message, words(value + 1000)))
        assert (status == 0) == valid
        if status:
            return
        self.world.run()
        assert sender.reply == value + 1000
        sender.waiting = None

    def kill(self, client: Client) -> None:
        """The waiting thread ends."""
        if client.waiting is not None:
            client.waiting.stop()
            client.waiting = None

    def leave(self, client: Client) -> None:
        """The client closes its end, when no thread of it uses it."""
        if client.open and client.waiting is None:
            client.open = False
            client.port.closed(self.world.process)
            if not client.cut:
                self.queue.append((LPC_TYPE.LPC_PORT_CLOSED, client.number, 0))
                client.cut = True

    def drop(self, client: Client) -> None:
        """The server closes its end."""
        if client.server.deleted:
            return
        client.server.closed(self.world.process)
        client.cut = True
        if client.waiting is not None:
            self.world.run()
            assert client.status == STATUS_LPC_REPLY_LOST
            client.waiting = None

    def end(self) -> None:
        for client in self.clients:
            self.kill(client)
            self.leave(client)
            self.drop(client)
        self.connection.closed(self.world.process)
        self.world.run()
        assert self.world.clean()


OPERATIONS = ("tell", "ask", "ask", "take", "take", "answer", "answer", "kill", "leave", "drop")


@settings(max_examples=200)
@given(st.integers(1, 8), st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 7)), max_size=120))
def test_many_clients(clients: int, steps: list[tuple[str, int]]) -> None:
    play = Play(clients)
    for operation, number in steps:
        play.step(operation, number)
    play.end()


def test_a_reply_must_come_through_the_conversation(world: World) -> None:
    port, other = world.port(), world.port()
    client, server = world.pair(port, 1)
    strange_client, strange_server = world.pair(port, 2)
    asked = Asked(world, client, image(words(1)))
    message = port.take()
    for wrong in (other, strange_client, strange_server):
        with pytest.raises(NtError) as caught:
            answer(world, wrong, message, b"")
        assert caught.value.status == STATUS_REPLY_MESSAGE_MISMATCH
    answer(world, server, message, words(2))
    world.run()
    assert asked.reply is not None
    for one in (client, server, strange_client, strange_server, port, other):
        one.closed(world.process)
    assert world.clean()


def test_look_up_does_not_grow_with_the_number_of_waiters(world: World) -> None:
    """Ten thousand wait; the tables are mappings by id, and one reply touches one entry."""
    port = world.port(most=64)
    data = words(1)
    count = 10_000
    for _ in range(count):
        send_request(world.thread(), port, header(data), data)
    messages = [port.take() for _ in range(count)]
    assert len(world.table.waiting) == len(port.chain) == count
    for message in reversed(messages):
        answer(world, port, message, b"")
    assert not world.table.waiting
    assert not port.chain
    port.closed(world.process)
    assert world.clean()
