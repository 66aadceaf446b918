"""The repository as the architecture tests see it: files, their text and their syntax trees.

Nothing here judges; the tests beside it do.
"""

from __future__ import annotations

import ast
import gc
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "voltward"

# What a checkout may hold beside the repository's own files.
NOT_OURS = frozenset({".git", ".venv", "build", "dist", "node_modules"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, eq=False)
class PythonFile:
    """One Python file; `path` is relative to the repository, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).parts

    @property
    def in_package(self) -> str:
        """The path below `src/voltward`, such as `domain/station.py`."""
        return Path(self.path).relative_to("src/voltward").as_posix()

    @property
    def layer(self) -> str:
        """The layer of the architecture that a file of the package belongs to, such as `domain`."""
        return self.in_package.split("/")[0].removesuffix(".py")


def _read(path: Path) -> PythonFile:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    return PythonFile(name, text, ast.parse(text, filename=name))


@cache
def _files_below(folder: Path) -> tuple[PythonFile, ...]:
    # These are millions of objects that stay: a collector of garbage that looks at them takes most of the time.
    gc.disable()
    try:
        return tuple(_read(path) for path in sorted(folder.rglob("*.py")))
    finally:
        gc.enable()
        gc.freeze()


def source_files() -> tuple[PythonFile, ...]:
    """Every module of the package."""
    return _files_below(PACKAGE)


def files_of_tests() -> tuple[PythonFile, ...]:
    return _files_below(ROOT / "tests")


def files_of_benchmarks() -> tuple[PythonFile, ...]:
    return _files_below(ROOT / "benchmarks")


def python_files() -> tuple[PythonFile, ...]:
    return source_files() + files_of_tests() + files_of_benchmarks()


def text_files() -> Iterator[tuple[str, str]]:
    """(path, text) of every text file of the repository, hidden ones too; caches and builds are left out."""
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT)
        if not path.is_file() or not NOT_OURS.isdisjoint(name.parts) or _is_cache(name):
            continue
        try:
            yield name.as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text


def _is_cache(name: Path) -> bool:
    return any("cache" in part or part.endswith((".hypothesis", ".egg-info")) for part in name.parts)


@cache
def nodes(file: PythonFile) -> tuple[ast.AST, ...]:
    """The whole tree, laid out once for all who look through it."""
    return tuple(ast.walk(file.tree))


@cache
def functions(file: PythonFile) -> tuple[tuple[str, Function], ...]:
    """(qualified name, function) for every function and method, nested ones too."""
    return tuple(_functions(file.tree, ""))


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            name = prefix + child.name
            yield name, child
            yield from _functions(child, f"{name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)


def docstring_node(node: Function | ast.Module | ast.ClassDef) -> ast.Expr | None:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str())) as statement, *_]:
            return statement
        case _:
            return None


def foreign_imports(file: PythonFile) -> Iterator[tuple[int, str]]:
    """(line, module) for everything that a file imports from outside of the package."""
    for node in nodes(file):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, name) for name in _modules(node) if name.split(".")[0] != "voltward")


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    match node:
        case ast.ImportFrom(module="importlib" | "urllib" as package, names=names):
            return [f"{package}.{alias.name}" for alias in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
        case _:
            return [alias.name for alias in node.names]


def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
