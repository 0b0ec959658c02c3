"""The walls between the parts: who may import whom. `model.text` and `model.verse` are the doors."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = {"model", "services", "serving", "backend", "bot", "deploy"}
HEAVY = {"tensorflow", "keras", "tensorflow_serving", "jax", "torch", "ai_edge_litert"}
GRPC = {"grpc", "grpc_health", "serving.grpc"}
HTTP = {"flask", "waitress", "requests", "httpx", "telegram", "http"}

# For each tree of files, the modules that may not be imported there; a door is what may be all the same.
WALLS = [
    ("model", PARTS - {"model"} | {"flask", "waitress", "telegram", "httpx"}, set()),
    ("model/text", PARTS | HEAVY | HTTP, {"model.text"}),
    ("model/verse", PARTS | HEAVY | HTTP, {"model.text", "model.verse"}),
    ("services", PARTS - {"services"} | HEAVY | (HTTP - {"waitress"}), set()),
    ("serving", PARTS - {"serving", "services"} | {"flask", "telegram", "youtokentome", "keras"}, set()),
    ("backend", PARTS - {"backend", "services"} | HEAVY | {"telegram", "httpx"}, {"model.text", "model.verse"}),
    ("bot", PARTS - {"bot", "services"} | HEAVY | {"flask", "waitress", "requests", "youtokentome"}, set()),
    ("deploy", PARTS - {"deploy", "services"} | HEAVY | {"flask", "telegram"}, set()),
]


def imported(path: Path) -> Iterator[str]:
    """Yield the name of every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, modules: set[str]) -> bool:
    """Return whether the module is one of these or inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def breaches(source: str, walled: set[str], doors: set[str]) -> set[str]:
    """Return the imports of a tree that a wall forbids."""
    files = list((ROOT / source).rglob("*.py"))
    assert files, source
    names = {name for path in files for name in imported(path)}
    # `import model` or `from model import text` names the package on the way to the door.
    packages = {door.partition(".")[0] for door in doors if any(within(name, {door}) for name in names)}
    return {name for name in names if within(name, walled) and not within(name, doors) and name not in packages}


# The packages of `model`, in the order from texts to what is served. A package may import those before it.
PACKAGES = [
    "errors", "text", "verse", "files", "html", "corpus", "tokenizers", "networks", "presets", "generation",
    "evaluation", "training", "release", "export", "textgenrnn", "commands", "__main__",
]  # fmt: skip


@pytest.mark.parametrize(("source", "walled", "doors"), WALLS, ids=[wall[0] for wall in WALLS])
def test_no_part_reaches_over_its_wall(source: str, walled: set[str], doors: set[str]) -> None:
    assert breaches(source, walled, doors) == set()


def test_a_breach_is_seen() -> None:
    assert "model.text.sampling" in breaches("backend", {"model"}, set())


def test_the_door_stands_open() -> None:
    assert any(within(name, {"model.text"}) for path in (ROOT / "backend").rglob("*.py") for name in imported(path))


def test_rest_works_without_the_packages_of_grpc() -> None:
    outside = [path for path in (ROOT / "serving").rglob("*.py") if path.parent.name != "grpc"]
    users = {path.name for path in outside if any(within(name, GRPC) for name in imported(path))}
    assert users == {"server.py"}  # which imports it when a flag asks for it


def package(path: Path) -> str:
    return path.relative_to(ROOT / "model").parts[0].removesuffix(".py")


def test_model_has_these_packages_and_no_other_modules() -> None:
    found = {package(path) for path in (ROOT / "model").rglob("*.py")} - {"__init__"}
    assert found == set(PACKAGES)


@pytest.mark.parametrize("name", PACKAGES)
def test_no_package_imports_a_later_one(name: str) -> None:
    later = {f"model.{other}" for other in PACKAGES[PACKAGES.index(name) + 1 :]}
    paths = [path for path in (ROOT / "model").rglob("*.py") if package(path) == name]
    assert paths
    found = {(path.name, module) for path in paths for module in imported(path) if within(module, later)}
    assert found == set()


def test_loading_a_release_needs_no_training() -> None:
    code = "import sys, model.release.loading; print([m for m in sys.modules if m.startswith('model.training')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "[]\n"
