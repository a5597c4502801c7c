"""Mutants: the same module with one small mistake put in, found in its syntax tree.

A mutant has a name that says what was changed in which function, without a line number, so that
the list of those that nothing notices (`survivors.toml`) outlives an edit elsewhere in the file.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, NamedTuple

_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
_NOT_CODE = ("annotation", "returns", "decorator_list", "type_comment")
_TESTED = (ast.If, ast.While, ast.IfExp, ast.Assert)
_DELETED = (ast.Expr, ast.AugAssign, ast.Assign, ast.AnnAssign, ast.Delete, ast.Raise, ast.Break)


class Mutant(NamedTuple):
    """One mistake. `code` is the whole module with it."""

    module: str
    name: str
    code: CodeType


def mutants(module: str, source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    made = []
    for where, statement, put, nodes in _places(tree):
        before = _text(statement)
        original = put(None)
        for node in nodes:
            put(node)
            after = _text(node if isinstance(node, ast.stmt) else statement)
            name = f"{where}: {before} -> {after}"
            seen[name] += 1
            if seen[name] > 1:
                name += f" ({seen[name]})"
            ast.fix_missing_locations(tree)
            made.append(Mutant(module, name, compile(tree, f"<mutant of {module}>", "exec")))
            put(original)
    return made


_PASS = ast.Pass()
_Put = Callable[[ast.AST | None], ast.AST]
_Place = tuple[str, ast.stmt, _Put, list[ast.AST]]


def _places(tree: ast.Module) -> Iterator[_Place]:
    """Where something can be put in: function, statement, how to put it there, and what."""

    def walk(node: ast.AST, where: str, statement: ast.stmt) -> Iterator[_Place]:
        for field, value in ast.iter_fields(node):
            if field in _NOT_CODE:
                continue
            items = value if isinstance(value, list) else [value]
            for index, child in enumerate(items):
                if not isinstance(child, ast.AST) or _is_docstring(node, field, index, child):
                    continue
                inner = child if isinstance(child, ast.stmt) else statement
                name = getattr(child, "name", "") if isinstance(child, _NAMED) else ""
                here = f"{where}.{name}".strip(".") if name else where
                put = _putter(node, field, index if isinstance(value, list) else None)
                if found := list(_instead_of(child, node, field)):
                    yield here or "(module)", inner, put, found
                yield from walk(child, here, inner)

    yield from walk(tree, "", tree.body[0])


_NAMED = (ast.FunctionDef, ast.ClassDef)


def _putter(parent: ast.AST, field: str, index: int | None) -> _Put:
    """Puts a node in its place in the tree and returns what stood there; None changes nothing."""

    def put(node: ast.AST | None) -> ast.AST:
        held: Any = getattr(parent, field)
        before: ast.AST = held if index is None else held[index]
        if node is not None and index is None:
            setattr(parent, field, node)
        elif node is not None:
            held[index] = node
        return before

    return put


def _is_docstring(parent: ast.AST, field: str, index: int, child: ast.AST) -> bool:
    return (
        field == "body"
        and index == 0
        and isinstance(parent, (ast.Module, *_NAMED))
        and isinstance(child, ast.Expr)
        and isinstance(child.value, ast.Constant)
    )


def _text(statement: ast.stmt) -> str:
    """A statement on one line; of a compound one, its head."""
    return " ".join(ast.unparse(statement).split("\n")[0].split())


# What can be put in place of a node ----------------------------------------------------------


def _instead_of(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for table in (_BOUNDARY, _OPPOSITE):
            if other := table.get(type(node.ops[0])):
                yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            ops = [*node.ops[:place], _BOUNDARY[type(op)](), *node.ops[place + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node, parent)
    tested = field == "test" and isinstance(parent, _TESTED)
    if tested and not isinstance(node, (ast.Compare, ast.UnaryOp)):  # done above
        yield ast.UnaryOp(ast.Not(), node)
    if isinstance(node, ast.stmt):
        yield from _other_statements(node)


def _other_constants(node: ast.Constant, parent: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        if not (isinstance(parent, ast.UnaryOp) and node.value == 1):  # -0 is 0
            yield ast.Constant(node.value - 1)


def _other_statements(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
    if isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Return) or (isinstance(node, _DELETED) and not _defines(node)):
        yield _PASS


def _defines(node: ast.stmt) -> bool:
    """Whether a statement gives something its name, so that nothing would run without it."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None or isinstance(node.target, ast.Name)
    return isinstance(node, ast.Assign) and all(
        isinstance(target, (ast.Name, ast.Tuple)) for target in node.targets
    )
