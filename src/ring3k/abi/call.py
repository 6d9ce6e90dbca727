"""The declaration of a system call: its signature, and the decoder that comes of it.

A handler is a plain function (or a coroutine function, if it can block) whose
first parameter is the calling thread and whose others are annotated with the
names of ``abi.types``.  ``@syscall`` only marks it; modules are collected into
a ``CallSet`` by whoever composes a system, so there is no registry to fill.

The code of a decoder is written in ``abi.decoder``, which is read for calls whose
code is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from types import CodeType, ModuleType, NoneType

from ring3k.abi import types as t_
from ring3k.abi.status import NtError
from ring3k.abi.types import (
    InBuffer,
    InMark,
    InOut,
    InOutWord,
    Out,
    OutBuffer,
    OutWord,
    Parameter,
    Scalar,
    Sized,
    misaligned,
)
from ring3k.compiled import made
from ring3k.compiled import values as values_of
from ring3k.typed import Any, Enum, TypeVar

Decoder = Callable[..., Any]
Refusal = Callable[[Any, NtError], int]
Judge = Callable[..., object]
F = TypeVar("F", bound=Callable[..., Any])
Codecs = dict[str, Any]  # of parameters behind pointers, by the names they have in the code
Form = tuple[CodeType, int, tuple[str, ...], CodeType]  # code, argument words, codecs used and what they are
Answer = int | Coroutine[Any, Any, int]  # of a plain handler: a status, or what has to wait for one

_CO_COROUTINE = 0x80  # a code flag of async functions


class Support(Enum):
    """How much of a call is there: what ``ring3k stat`` counts."""

    FULL = "implemented"
    PARTIAL = "partial"
    DECLARED = "declared"


FULL = Support.FULL
PARTIAL = Support.PARTIAL
DECLARED = Support.DECLARED


class Declaration:
    """One system call: its signature, its handler, and how far it goes."""

    __slots__ = (
        "_decoder",
        "_parameters",
        "_words",
        "first",
        "handler",
        "name",
        "native",
        "note",
        "refuses",
        "support",
    )

    def __init__(
        self,
        handler: Callable[..., Any],
        support: Support,
        note: str,
        first: Judge | None = None,
        native: int = 0,
        refuses: Refusal | None = None,
    ) -> None:
        self.name = handler.__name__
        self.handler = handler
        self.support = support
        self.note = note  # for PARTIAL: what is missing
        self.first = first  # what is judged before any pointer is touched
        self.native = native  # what the engine may do in the handler's place (engine.protocol.Native)
        self.refuses = refuses  # what a failure is answered with, if that is no status
        self._parameters: tuple[Parameter, ...] | None = None
        self._decoder: Decoder | None = None
        self._words: int | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if self._parameters is None:
            self._parameters = _parameters_of(self.handler)
        return self._parameters

    @property
    def words(self) -> int:
        """Argument words on the guest's stack."""
        if self._words is None:
            self._words = sum(p.words for p in self.parameters)
        return self._words

    @property
    def blocks(self) -> bool:
        flagged = self.handler.__code__.co_flags & _CO_COROUTINE
        return bool(flagged) or self.handler.__annotations__.get("return") == "Answer"

    @property
    def place(self) -> tuple[str, int]:
        """(file, line) of the declaration."""
        code = self.handler.__code__
        return code.co_filename, code.co_firstlineno

    @property
    def path(self) -> str:
        """Its name, and the module's in front."""
        return f"{self.handler.__module__}.{self.name}"

    @property
    def doc(self) -> str:
        from inspect import getdoc  # slow to import, and only people read this

        return getdoc(self.handler) or ""

    def decoder(self) -> Decoder:
        """``decode(thread)``: fetch, capture, probe, call; returns what the handler returns.

        ``decode(thread, words)`` takes argument words that a hook has replaced.
        """
        if self._decoder is None:
            form: Form | None = made(self.path)
            if form is None:
                from ring3k.abi.decoder import compiled  # what most runs need is kept

                self._decoder = decoder_of(self, *compiled(self))
            else:
                self._decoder = decoder_of_form(self, form)
        return self._decoder


def syscall(
    support: Support = FULL,
    note: str = "",
    first: Judge | None = None,
    native: int = 0,
    refuses: Refusal | None = None,
) -> Callable[[F], F]:
    """Declare a system call.  ``note`` tells what a PARTIAL one lacks.

    ``first`` is called before any pointer is touched, with those values (and ``t``) that its
    parameters name; it raises NtError where NT refuses a number although a pointer is bad, too.
    ``native`` (engine.protocol.Native): the engine may answer plain cases in the handler's place.
    ``refuses``: what answers in place of a status where one would be (USER and GDI return values and
    leave an error code with the thread).
    """

    def mark(handler: F) -> F:
        handler.__nt_call__ = Declaration(handler, support, note, first, native, refuses)  # type: ignore[attr-defined]
        return handler

    return mark


def declared(handler: F) -> F:
    """Declare a call that nobody has written yet: typed in the trace, STATUS_NOT_IMPLEMENTED."""
    return syscall(DECLARED)(handler)


class CallSet(dict[str, Declaration]):
    """Declarations by name."""

    def __init__(self, modules: Iterable[ModuleType] = ()) -> None:
        super().__init__()
        for module in modules:
            for value in vars(module).values():
                found = getattr(value, "__nt_call__", None)
                if found is not None and value.__module__ == module.__name__:
                    if found.name in self:
                        raise TypeError(
                            f"{found.name} is declared twice: {self[found.name].place} {found.place}"
                        )
                    self[found.name] = found


# -- reading a signature ---------------------------------------------------------
def _parameters_of(handler: Callable[..., Any]) -> tuple[Parameter, ...]:
    scope = {**vars(t_), **handler.__globals__}
    result: list[Parameter] = []
    position = 0
    code = handler.__code__
    names = code.co_varnames[1 : code.co_argcount]
    texts = [handler.__annotations__.get(name) for name in names]
    hints = values_of(texts, f"hints of {handler.__module__}.{handler.__name__}", scope)
    for name, hint in zip(names, hints, strict=True):
        one = _parameter(name, hint)
        one.index = position
        position += one.words
        result.append(one)
    for one in result:
        if one.sized is not None:
            one.measure = next((p for p in result if p.name == one.sized.parameter), None)
            if one.measure is None:
                raise TypeError(f"{handler.__name__}: no parameter {one.sized.parameter!r}")
    return tuple(result)


def _parameter(name: str, hint: Any) -> Parameter:
    optional = False
    choice = getattr(hint, "__args__", ())
    if NoneType in choice:
        optional = True
        (hint,) = [one for one in choice if one is not NoneType]
    marks: tuple[Any, ...] = ()
    if hasattr(hint, "__metadata__"):
        marks = hint.__metadata__
        hint = hint.__origin__
    sized = next((m for m in marks if isinstance(m, Sized)), None)
    if hint is InBuffer or hint is OutBuffer:
        if sized is None:
            raise TypeError(f"{name}: a buffer needs Sized(...)")
        return Parameter(name, "inbuffer" if hint is InBuffer else "outbuffer", None, optional, sized)
    origin = getattr(hint, "__origin__", None)
    if origin is Out or origin is InOut:
        return Parameter(name, "out" if origin is Out else "inout", _codec(hint.__args__[0]), optional)
    codec = next((m for m in marks if not isinstance(m, InMark)), None)
    if any(isinstance(m, InMark) for m in marks):
        return Parameter(name, "in", codec if codec is not None else hint, optional)
    if not isinstance(codec, Scalar):
        raise TypeError(f"{name}: not a system call parameter: {hint!r}")
    return Parameter(name, "value", codec, optional, words=2 if codec.size == 8 else 1)


def _codec(hint: Any) -> Any:
    return hint.__metadata__[0] if hasattr(hint, "__metadata__") else hint


# -- a decoder, out of its code --------------------------------------------------
def decoder_of(declaration: Declaration, code: CodeType, codecs: Codecs) -> Decoder:
    scope: dict[str, Any] = {
        "handler": declaration.handler,
        "first": declaration.first,
        "refuses": declaration.refuses,
        "Out": Out,
        "OutWord": OutWord,
        "InOut": InOut,
        "InOutWord": InOutWord,
        "InBuffer": InBuffer,
        "OutBuffer": OutBuffer,
        "misaligned": misaligned,
        "guarded": _guarded,
        "NtError": NtError,
        **codecs,
    }
    exec(code, scope)  # noqa: S102
    decoder: Decoder = scope["decode"]
    decoder.words = declaration.words  # type: ignore[attr-defined]  # serve() passes so many along
    decoder.native = declaration.native  # type: ignore[attr-defined]
    return decoder


def decoder_of_form(declaration: Declaration, form: Form) -> Decoder:
    code, declaration._words, used, kinds = form
    codecs: Codecs = {}
    if used:
        hints = eval(kinds, {**vars(t_), **declaration.handler.__globals__})  # noqa: S307  # our own
        codecs = {name: _parameter(name, hint).codec for name, hint in zip(used, hints, strict=True)}
    return decoder_of(declaration, code, codecs)


async def _guarded(t: Any, coroutine: Coroutine[Any, Any, int], refuses: Refusal) -> int:
    try:
        return await coroutine
    except NtError as error:
        return refuses(t, error)
