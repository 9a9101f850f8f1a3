"""What installing a distribution brings: itself and all it needs, extras left out; their number and bytes."""

import json
import sys
from importlib.metadata import Distribution, distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement


def closure(name: str) -> dict[str, Distribution]:
    """The distribution and what it requires here, by name."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        this = distribution(waiting.pop())
        key = this.name.lower().replace("_", "-")
        if key in found:
            continue
        found[key] = this
        for text in this.requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def files_of(found: Distribution) -> set[Path]:
    return {Path(str(found.locate_file(file))).resolve() for file in found.files or []}


def package_files(name: str) -> set[Path]:
    """The files of the package itself: an installation for development lists none of them."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return {file.resolve() for file in Path(spec.origin).parent.rglob("*") if file.is_file()}


module = sys.argv[1]
brought = closure(module)
files = package_files(module).union(*map(files_of, brought.values()))
print(
    json.dumps({"distributions": len(brought), "bytes": sum(f.stat().st_size for f in files if f.is_file())})
)
