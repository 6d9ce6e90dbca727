"""The code of a module without what no run looks at.

That is: documentation, annotations of functions and variables, what stands there for type checkers only
(``TYPE_CHECKING``, ``Protocol``, ``overload``).  Functions with decorators keep theirs, as declarations of
system calls are read off them, and so do classes with bases, as structures and tuples are.  Lines stay where
they are.
"""

from __future__ import annotations

import ast
from types import CodeType

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def compile_lean(source: bytes, path: str) -> CodeType:
    """SyntaxError, ValueError."""
    tree = _Lean().visit(ast.parse(source, path))
    code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
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


def _named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


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
