"""Size budgets: what outgrows them has more than one reason to exist."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from tests.arch.source_tree import Function, docstring_node, functions, python_files, source_files

MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 6

# Debts: what is over budget, with the size that it has. An entry may shrink and go, never grow.
LARGE_MODULES: Mapping[str, int] = {}
LONG_FUNCTIONS: Mapping[str, int] = {}
WIDE_FUNCTIONS: Mapping[str, int] = {}


def test_every_module_keeps_its_budget_of_lines() -> None:
    sizes = {file.path: len(file.text.splitlines()) for file in python_files()}

    assert _over_budget(sizes, MODULE_LINES) == LARGE_MODULES


def test_every_function_keeps_its_budget_of_lines() -> None:
    sizes = {f"{file.path}:{name}": _lines(node) for file in source_files() for name, node in functions(file)}

    assert _over_budget(sizes, FUNCTION_LINES) == LONG_FUNCTIONS


def test_every_function_keeps_its_budget_of_parameters() -> None:
    sizes = {
        f"{file.path}:{name}": _parameters(node) for file in source_files() for name, node in functions(file)
    }

    assert _over_budget(sizes, PARAMETERS) == WIDE_FUNCTIONS


def test_a_docstring_and_self_cost_nothing() -> None:
    (method,) = ast.parse(
        "def f(self, a, /, b=1, *c, d, **e):\n    '''One.\n\n    Two.\n    '''\n    return a"
    ).body
    assert isinstance(method, Function)

    assert (_lines(method), _parameters(method)) == (2, 5)


def _over_budget(sizes: Mapping[str, int], budget: int) -> dict[str, int]:
    return {name: size for name, size in sizes.items() if size > budget}


def _lines(function: Function) -> int:
    """From `def` to the last line, without the docstring: explaining is free."""
    assert function.end_lineno is not None
    total = function.end_lineno - function.lineno + 1
    docstring = docstring_node(function)
    if docstring is None or docstring.end_lineno is None:
        return total
    return total - (docstring.end_lineno - docstring.lineno + 1)


def _parameters(function: Function) -> int:
    """All that a caller may have to say; a method's own `self` or `cls` is not counted."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    return len(named) + (arguments.vararg is not None) + (arguments.kwarg is not None)
