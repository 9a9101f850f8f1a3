"""The installed Python distributions, read from the names of their folders: a thousand of them in milliseconds."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from runstone.client.surroundings.masking import without_user


class Distribution(NamedTuple):
    """One that is installed. `requirement` installs it again; None if only this machine has it, at `origin`."""

    name: str
    version: str
    requirement: str | None
    origin: str | None
    editable: bool


def installed() -> list[Distribution]:
    """Every distribution that this interpreter would import, sorted by name; of two with one name, the first found."""
    found: dict[str, Distribution] = {}
    for folder in sys.path:
        for name, version, metadata in _in_folder(folder or os.curdir):
            key = re.sub(r"[-_.]+", "-", name).lower()
            if key not in found:
                found[key] = _described(key, version, metadata)
    return sorted(found.values())


def _in_folder(folder: str) -> Iterator[tuple[str, str, Path]]:
    """Name, version and metadata of what a folder on the path holds; nothing for archives and what is unreadable."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  (a Path for each of thousands of files costs more)
    except OSError:
        return
    for file in names:
        stem, suffix = os.path.splitext(file)  # noqa: PTH122
        if suffix == ".dist-info" and "-" in stem:
            name, _, version = stem.rpartition("-")
            yield name, version, Path(folder, file)
        elif suffix == ".egg-info" and (described := _egg(Path(folder, file))):
            yield *described, Path(folder, file)


def _egg(place: Path) -> tuple[str, str] | None:
    """Name and version of an old-style installation, or of a folder that setuptools made for an editable one."""
    try:
        text = (place / "PKG-INFO" if place.is_dir() else place).read_text(errors="replace")
    except OSError:
        return None
    fields = dict(re.findall(r"^(Name|Version): *(.+?) *$", text, re.MULTILINE))
    return (fields["Name"], fields["Version"]) if len(fields) == 2 else None


def _described(name: str, version: str, metadata: Path) -> Distribution:
    pinned = f"{name}=={version}"
    direct = _direct_url(metadata)
    if direct is None:
        local = metadata.suffix == ".egg-info" and metadata.is_dir() and "site-packages" not in metadata.parts
        return Distribution(
            name, version, None if local else pinned, str(metadata.parent) if local else None, local
        )
    # A signed address has its secret in the query.
    url = re.sub(r"\?[^#]*", "", without_user(str(direct.get("url", ""))))
    version_control = direct.get("vcs_info")
    if isinstance(version_control, dict):
        facts = cast("dict[str, object]", version_control)
        origin = f"{facts.get('vcs')}+{url}@{facts.get('commit_id')}"
        folder = direct.get("subdirectory")
        origin += f"#subdirectory={folder}" if folder else ""
        return Distribution(name, version, f"{name} @ {origin}", origin, False)
    editable = "editable" in str(direct.get("dir_info", ""))
    if url.startswith("file:"):
        return Distribution(name, version, pinned if "archive_info" in direct else None, url, editable)
    return Distribution(name, version, f"{name} @ {url}", url, editable)


def _direct_url(metadata: Path) -> dict[str, Any] | None:
    try:
        content = json.loads((metadata / "direct_url.json").read_bytes())
    except (OSError, ValueError):  # almost none has one
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def requirements(distributions: list[Distribution], python: str) -> str:
    """What `pip install -r` takes: a pin for each distribution; those that only this machine has are comments."""
    lines = [f"# The distributions that were installed, with Python {python}."]
    for entry in distributions:
        if entry.name == "pip":
            continue
        if entry.requirement is None:
            how = "editable from" if entry.editable else "from"
            lines.append(f"# {entry.name}=={entry.version} was installed {how} {entry.origin}")
        elif entry.origin and entry.origin.startswith("file:"):
            lines.append(f"{entry.requirement}  # was installed from {entry.origin}")
        else:
            lines.append(entry.requirement)
    return "\n".join(lines) + "\n"
