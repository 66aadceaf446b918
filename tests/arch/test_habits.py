"""Bans that the linter cannot see, because they hang on a variable, or on an argument's name."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

import pytest

from tests.arch.source_tree import Function, PythonFile, files_of_tests, nodes, source_files

# monkeypatch may set the environment, the working directory, a documented knob of a standard module such as
# tempfile.tempdir; never parts of our own code.
PATCHES_CODE = frozenset({"setattr", "setitem", "delattr", "delitem"})

KEEPS_TASKS = frozenset(
    {
        # Callbacks cannot wait for a group: it keeps, names, cancels and awaits the tasks that they start.
        "src/voltward/gateway/background.py",
        # A group would cancel its task with the one that waits for it; this one waits on.
        "src/voltward/adapters/sql/engines/to_its_end.py",
    }
)


def test_no_task_is_started_on_a_bare_loop() -> None:
    """`loop.create_task` makes a task that nobody awaits; a TaskGroup's is awaited by its group."""
    found = {file.path for file in source_files() if any(_tasks_on_a_loop(nodes(file)))}

    # A module that has stopped doing so has to leave the list.
    assert found == KEEPS_TASKS, "\n".join(found ^ KEEPS_TASKS)


def test_no_test_patches_our_code() -> None:
    found = [f"{file.path}:{line}" for file in files_of_tests() for line in _patches(nodes(file))]

    assert not found, "\n".join(found)


def test_every_module_says_what_lives_in_it_and_reads_hints_late() -> None:
    found = [
        file.path
        for file in source_files()
        if ast.get_docstring(file.tree) is None or (_has_hints(file) and not _postpones_hints(file))
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("call", "is_bare"),
    [
        ("loop.create_task(f())", True),
        ("self._loop.create_task(f())", True),
        ("asyncio.get_running_loop().create_task(f())", True),
        ("group.create_task(f())", False),
        ("self._tasks.create_task(f())", False),
    ],
)
def test_a_bare_loop_is_told_from_a_group(call: str, is_bare: bool) -> None:
    assert bool(list(_tasks_on_a_loop(ast.walk(ast.parse(call))))) == is_bare


@pytest.mark.parametrize(
    ("call", "patches"),
    [
        ("monkeypatch.setattr(door, 'admit', fake)", True),
        ("monkeypatch.setattr('voltward.usecases.admit', fake)", True),
        ("monkeypatch.setitem(DIALECTS, 'x', fake)", True),
        ("monkeypatch.setattr(tempfile, 'tempdir', folder)", False),
        ("monkeypatch.setenv('HOME', folder)", False),
    ],
)
def test_a_patch_of_ours_is_told_from_a_knob_of_the_library(call: str, patches: bool) -> None:
    assert bool(list(_patches(ast.walk(ast.parse(call))))) == patches


def _patches(tree: Iterable[ast.AST]) -> Iterator[int]:
    for node in tree:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("monkeypatch"), attr=verb), args=[target, *_]):
                if verb in PATCHES_CODE and _name(target) not in sys.stdlib_module_names:
                    yield node.lineno
            case _:
                pass


def _tasks_on_a_loop(tree: Iterable[ast.AST]) -> Iterator[int]:
    for node in tree:
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "create_task"
            and _name(node.value).endswith("loop")
        ):
            yield node.lineno


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return _name(function)
        case _:
            return ""


def _has_hints(file: PythonFile) -> bool:
    return any(isinstance(node, ast.ClassDef | ast.AnnAssign | Function) for node in nodes(file))


def _postpones_hints(file: PythonFile) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in file.tree.body)
