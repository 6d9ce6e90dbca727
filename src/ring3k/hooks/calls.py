"""Hooks on system calls: see, change or answer a call before the kernel does.

A hook names calls by a shell glob.  A call that no hook names is decoded as if
there were no hooks at all; the kernel asks ``wrap`` for its decoders, and asks
again when ``on_change`` tells it to.

Order of a watched call: enter hooks in the order they were made; observers
(traces) see the call begin; the kernel decodes and handles it; exit hooks;
observers see it end.  So a trace shows what the kernel did, not what was asked.
An enter hook that sets ``call.status`` (or calls ``call.skip()``) answers the
call: later enter hooks and the handler do not run, exit hooks do.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Mapping
from time import perf_counter_ns

from ring3k.abi.call import DECLARED, Declaration
from ring3k.abi.status import STATUS_NOT_IMPLEMENTED, NtError
from ring3k.hooks.arguments import Arguments, Results
from ring3k.hooks.glance import Glance
from ring3k.hooks.report import Reporter, name_of, to_stderr
from ring3k.typed import Any, Protocol, TypeVar, overload

Action = Callable[["Call"], object]
A = TypeVar("A", bound=Action)
Answer = Callable[..., Any]


class Call:
    """One system call of one thread, from entry to exit."""

    __slots__ = (
        "_args",
        "_status",
        "declaration",
        "duration_ns",
        "finished",
        "number",
        "skipped",
        "started_ns",
        "thread",
        "words",
    )

    def __init__(self, thread: Any, declaration: Declaration, number: int) -> None:
        self.thread = thread
        self.declaration = declaration
        self.number = number
        self.started_ns = perf_counter_ns()
        self.duration_ns = 0
        self.finished = False  # only exit hooks are still to run
        self.skipped = False  # an enter hook has answered
        self._status: int | None = None
        self._args: Arguments | None = None
        try:
            self.words: list[int] | None = list(thread.guest.args(declaration.words))
        except NtError:
            self.words = None  # the stack cannot be read; the kernel will find that out again

    @property
    def process(self) -> Any:
        return self.thread.process

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def memory(self) -> Glance:
        """The guest's memory, to be looked at; ``call.thread.memory`` is what the kernel uses."""
        return Glance(self.thread.memory)

    @property
    def args(self) -> Arguments:
        """Parameters by name: captured values of inputs, addresses of outputs; settable."""
        if self._args is None:
            self._args = Arguments(self)
        return self._args

    @property
    def results(self) -> Results:
        """What the call has written through its output parameters, by name (in exit hooks)."""
        return Results(self)

    @property
    def status(self) -> int | None:
        """The NTSTATUS; None while there is none, and for a call that never returns."""
        return self._status

    @status.setter
    def status(self, value: int) -> None:
        self._status = value & 0xFFFFFFFF
        self.skipped = self.skipped or not self.finished

    def skip(self) -> None:
        """Answer the call with ``status``, or STATUS_SUCCESS if none was set, without the kernel."""
        self.status = self._status or 0

    @property
    def caller(self) -> str | None:
        """``module+0xoffset`` of the instruction after the call of the Nt function."""
        return caller_of(self.thread)

    def __repr__(self) -> str:
        return f"<Call {self.name} by {self.process.pid}.{self.thread.tid}>"


def caller_of(thread: Any) -> str | None:
    """Where the system call stub was called from: both kinds of stub leave the return
    address in front of the arguments."""
    try:
        address = Glance(thread.memory).read_u32((thread.guest.arg_base - 4) & 0xFFFFFFFF)
    except NtError:
        return None
    located: str | None = thread.process.locate(address)
    return located or f"{address:#x}"


class Observer(Protocol):
    """Sees every call as the kernel executes it; changes nothing."""

    def entered(self, call: Call) -> None: ...
    def blocked(self, call: Call) -> None:
        """The call has to wait; other calls come between."""

    def left(self, call: Call) -> None:
        """The call ended, or its thread did (status None)."""


class Hook:
    """What ``on_enter`` and ``on_exit`` return: a way to end the hook again."""

    __slots__ = ("_table", "action", "at_exit", "pattern")

    def __init__(self, table: HookTable, pattern: str, action: Action, at_exit: bool) -> None:
        self._table = table
        self.pattern = pattern
        self.action = action
        self.at_exit = at_exit

    def remove(self) -> None:
        """May be called twice, and from inside a hook."""
        self._table._remove(self)

    def __call__(self, call: Call) -> object:
        return self.action(call)


class HookTable:
    """The hooks of one system."""

    def __init__(self, report: Reporter = to_stderr) -> None:
        self.report = report
        self.version = 0  # changes with every hook made or removed
        self.adapters: Mapping[str, Callable[[Any, list[int]], None]] = {}  # call -> what changes its words
        self.on_change: Callable[[], None] | None = None  # called at every change of version
        self.on_declared: Callable[[Any, str], None] | None = None  # (thread, call name)
        self._hooks: tuple[Hook, ...] = ()
        self._observers: tuple[Observer, ...] = ()

    def _changed(self) -> None:
        self.version += 1
        if self.on_change is not None:
            self.on_change()

    # -- making hooks -----------------------------------------------------------
    @overload
    def on_enter(self, pattern: str) -> Callable[[Action], Hook]: ...
    @overload
    def on_enter(self, pattern: str, action: Action) -> Hook: ...
    def on_enter(self, pattern: str, action: Action | None = None) -> Hook | Callable[[Action], Hook]:
        """Run ``action`` before calls whose name matches; usable as a decorator."""
        return self._make(pattern, action, at_exit=False)

    @overload
    def on_exit(self, pattern: str) -> Callable[[Action], Hook]: ...
    @overload
    def on_exit(self, pattern: str, action: Action) -> Hook: ...
    def on_exit(self, pattern: str, action: Action | None = None) -> Hook | Callable[[Action], Hook]:
        """Run ``action`` after calls whose name matches; usable as a decorator."""
        return self._make(pattern, action, at_exit=True)

    def _make(self, pattern: str, action: Action | None, *, at_exit: bool) -> Hook | Callable[[Action], Hook]:
        def add(action: Action) -> Hook:
            if not callable(action):
                raise TypeError(f"a hook is a function, not {action!r}")
            hook = Hook(self, pattern, action, at_exit)
            self._hooks += (hook,)
            self._changed()
            return hook

        return add if action is None else add(action)

    def observe(self, observer: Observer) -> None:
        """Show every call to ``observer`` from now on."""
        self._observers += (observer,)
        self._changed()

    def _drop(self, observer: Observer, error: Exception) -> None:
        """An observer that cannot go on (its disk is full) is reported once and then left alone."""
        rest = tuple(o for o in self._observers if o is not observer)
        if rest != self._observers:
            self._observers = rest
            self._changed()
            self.report(f"{type(observer).__name__} ended: {type(error).__name__}: {error}")

    def _remove(self, hook: Hook) -> None:
        rest = tuple(h for h in self._hooks if h is not hook)
        if rest != self._hooks:
            self._hooks = rest
            self._changed()

    # -- what the kernel asks ------------------------------------------------------
    def watches(self, name: str) -> bool:
        """Whether somebody wants to see this call; it must then reach the kernel."""
        return bool(self._observers) or bool(self._matching(name))

    def _matching(self, name: str) -> list[Hook]:
        if not self._hooks:
            return []
        from fnmatch import fnmatchcase

        return [hook for hook in self._hooks if fnmatchcase(name, hook.pattern)]

    def wrap(self, declaration: Declaration, number: int) -> Answer:
        """The declaration's own decoder while nobody watches, else one that calls the hooks."""
        answer: Answer = declaration.decoder()
        adapter = self.adapters.get(declaration.name)
        if adapter is not None:
            answer = _adapted(answer, adapter, declaration.words)
        if declaration.support is DECLARED:
            answer = self._not_implemented(declaration.name)
        if not self.watches(declaration.name):
            return answer
        name = declaration.name
        matching = self._matching(name)
        return _Watched(
            self,
            declaration,
            number,
            answer,
            tuple(hook for hook in matching if not hook.at_exit),
            tuple(hook for hook in matching if hook.at_exit),
            self._observers,
        )

    def _not_implemented(self, name: str) -> Answer:
        def answer(t: Any, w: object = None) -> int:
            if self.on_declared is not None:
                self.on_declared(t, name)
            return STATUS_NOT_IMPLEMENTED

        return answer


def _adapted(answer: Answer, adapter: Callable[[Any, list[int]], None], count: int) -> Answer:
    """A decoder whose argument words are changed first."""

    def decode(t: Any, w: tuple[int, ...] | None = None) -> Any:
        words = list(t.guest.args(count) if w is None else w)
        adapter(t, words)
        return answer(t, tuple(words))

    return decode


class _Watched:
    """The decoder of a call that somebody watches."""

    __slots__ = ("_answer", "_declaration", "_enter", "_exit", "_number", "_observers", "_table")

    def __init__(
        self,
        table: HookTable,
        declaration: Declaration,
        number: int,
        answer: Answer,
        enter: tuple[Hook, ...],
        leave: tuple[Hook, ...],
        observers: tuple[Observer, ...],
    ) -> None:
        self._table = table
        self._declaration = declaration
        self._number = number
        self._answer = answer
        self._enter = enter
        self._exit = leave
        self._observers = observers

    def __call__(self, t: Any) -> Any:
        call = Call(t, self._declaration, self._number)
        for hook in self._enter:
            self._run(hook, call)
            if call.skipped:
                break
        self._tell("entered", call)
        if call.skipped:
            return self._leave(call)
        try:
            result = self._answer(t, None if call.words is None else tuple(call.words))
        except NtError as error:
            result = error.status
        except BaseException:
            self._gone(call)
            raise
        if result is None or result.__class__ is int:
            call._status = result
            return self._leave(call)
        return self._later(call, result)

    async def _later(self, call: Call, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The rest of a call that may have to wait."""
        try:
            call._status = await _watch(coroutine, lambda: self._blocked(call))
        except NtError as error:
            call._status = error.status
        except BaseException:  # the thread ends inside the call
            self._gone(call)
            raise
        return self._leave(call)

    def _leave(self, call: Call) -> int | None:
        call.duration_ns = perf_counter_ns() - call.started_ns
        call.finished = True
        for hook in self._exit:
            self._run(hook, call)
        self._tell("left", call)
        return call._status

    def _gone(self, call: Call) -> None:
        call.duration_ns = perf_counter_ns() - call.started_ns
        call._status = None
        self._tell("left", call)

    def _blocked(self, call: Call) -> None:
        self._tell("blocked", call)

    def _tell(self, what: str, call: Call) -> None:
        for observer in self._observers:
            try:
                getattr(observer, what)(call)
            except Exception as error:
                self._table._drop(observer, error)

    def _run(self, hook: Hook, call: Call) -> None:
        try:
            hook.action(call)
        except Exception as error:
            self._table.report(
                f"hook {name_of(hook.action)} failed in {call.name}: {type(error).__name__}: {error}"
            )


@types.coroutine
def _watch(coroutine: Coroutine[Any, Any, Any], blocked: Callable[[], None]) -> Generator[Any, Any, Any]:
    """``await coroutine``, and say when it first has to wait."""
    try:
        request = coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    blocked()
    step: Callable[[Any], Any]
    while True:
        try:
            answer = yield request
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:
            step, argument = coroutine.throw, error
        else:
            step, argument = coroutine.send, answer
        try:
            request = step(argument)
        except StopIteration as stop:
            return stop.value
