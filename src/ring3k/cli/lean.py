"""The code of a module without what no run looks at.

That is: documentation, annotations of functions and variables, what stands there for type checkers only
(``TYPE_CHECKING``, ``Protocol``, ``overload``).  Functions with decorators keep theirs, as declarations of
system calls are read off them, and so do classes with bases, as structures and tuples are.  Lines stay where
they are.

Of a module of structures, classes that are not wanted at once are left for later (``ring3k.abi.late``).
"""

from __future__ import annotations
import __future__

import ast
import marshal
from collections.abc import Collection, Iterator
from types import CodeType

_Function = ast.FunctionDef | ast.AsyncFunctionDef
STRUCTURES = "ring3k.abi.structs"


def compile_lean(source: bytes, path: str, wanted: Collection[str] | None = None) -> CodeType:
    """``wanted``: the only classes that are made at once.  SyntaxError, ValueError."""
    tree: ast.Module = _Lean().visit(ast.parse(source, path))
    if wanted is not None:
        tree.body = _leave(tree.body, wanted, path)
    return _compiled(tree.body, path)


def wanted_of(source: bytes, package: str) -> Iterator[str]:
    """Names, with their modules of this package, that a module takes from it when it is executed."""
    modules: dict[str, str] = {}
    left: list[ast.AST] = [_Lean().visit(ast.parse(source))]
    while left:
        node = left.pop()
        if isinstance(node, ast.ImportFrom) and node.module == package:
            modules |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Attribute) and (found := modules.get(_name(node.value))) is not None:
            yield f"{package}.{found}.{node.attr}"
        if not isinstance(node, _Function | ast.Lambda):
            left += reversed(list(ast.iter_child_nodes(node)))


def _leave(body: list[ast.stmt], wanted: Collection[str], path: str) -> list[ast.stmt]:
    """A module's statements with classes left for later that are neither wanted nor named by others."""
    classes = {one.name: one for one in body if isinstance(one, ast.ClassDef) and not one.decorator_list}
    names = {name: _names(one) & classes.keys() - {name} for name, one in classes.items()}
    left = classes.keys() & wanted
    for one in body:
        if one not in classes.values():
            left |= _names(one) & classes.keys()
    now: set[str] = set()
    while left:
        now |= left
        left = {other for name in left for other in names[name]} - now
    pieces = {
        name: (marshal.dumps(_compiled([one], path)), tuple(sorted(names[name])))
        for name, one in classes.items()
        if name not in now
    }
    if not pieces:
        return body
    late = f"from ring3k.abi.late import late as _late\n__getattr__ = _late(globals(), {pieces!r})"
    kept = [one for one in body if not isinstance(one, ast.ClassDef) or one.name not in pieces]
    return [*kept, *ast.parse(late).body]


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _compiled(body: list[ast.stmt], path: str) -> CodeType:
    tree = ast.fix_missing_locations(ast.Module(body, []))
    flags = __future__.annotations.compiler_flag  # which a class alone lacks
    code: CodeType = compile(tree, path, "exec", flags, dont_inherit=True)
    return code


class _Lean(ast.NodeTransformer):
    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = self._without_variables(_without_text(node.body))
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        if any(_named(base, "Protocol") for base in node.bases):
            node.body = []
        node.body = _without_text(node.body)
        if not (node.bases or node.keywords or node.decorator_list):
            node.body = self._without_variables(node.body)
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_FunctionDef(self, node: _Function) -> ast.AST | None:
        if any(_named(one, "overload") for one in node.decorator_list):
            return None
        if not node.decorator_list:
            node.body = _without_text(node.body) or [ast.Pass()]
            node.returns = None
            own = node.args
            for one in (*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg):
                if one is not None:
                    one.annotation = None
        self.generic_visit(node)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return (node.orelse or ast.Pass()) if _named(node.test, "TYPE_CHECKING") else node

    def _without_variables(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Annotated ones are assigned, if they have a value."""
        made: list[ast.stmt] = []
        for one in body:
            if not isinstance(one, ast.AnnAssign):
                made.append(one)
            elif one.value is not None:
                made.append(ast.copy_location(ast.Assign([one.target], one.value), one))
        return made


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _named(node: ast.expr, name: str) -> bool:
    return _name(node) == name


def _without_text(body: list[ast.stmt]) -> list[ast.stmt]:
    """A body without its documentation."""
    first = body[0] if body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return body[1:]
    return body
