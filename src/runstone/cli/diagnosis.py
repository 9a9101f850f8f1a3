"""What `runstone doctor` finds out."""

import os
import platform
import re
import shutil
import sys
import time
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from runstone import settings
from runstone.cli import texts
from runstone.cli.groups import without_warnings
from runstone.cli.stores import is_server, local_database
from runstone.client.surroundings.masking import MASK, Masker
from runstone.errors import RunstoneError

_OURS = re.compile(r"(MLFLOW|RUNSTONE)_\w+")
_OTHERS = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NO_COLOR")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")
_NAME = re.compile(r"[\w.-]+")
_LOCK = {
    True: "held by a process that writes now",
    False: "free",
    None: "unknown: you may not write to its file",
}
_LITTLE_SPACE = 1_000_000_000

Facts = dict[str, str]


class Diagnosis(NamedTuple):
    """What was found, by section, and what is wrong, each with what to do."""

    sections: dict[str, Facts]
    problems: list[str]


def diagnose(tracking_uri: str | None, *, mask_all: bool) -> Diagnosis:
    """Look at this installation and at the store that a tracking URI names; nothing is changed, or created."""
    masker = Masker(os.environ)
    problems: list[str] = []
    sections = {
        "versions": _versions(),
        "tracking": _tracking(tracking_uri, masker, problems),
        "packages": _packages(),
        "extras": _extras(),
        "environment": _environment(masker, mask_all=mask_all),
    }
    return Diagnosis(sections, [_without_secrets(problem, masker) for problem in problems])


def _without_secrets(text: str, masker: Masker) -> str:
    """A text without secrets, also those in a URL's query, which is no part of what stands before its colon."""
    url, mark, query = masker.text(text).partition("?")
    return url + mark + masker.text(query)


# --- what is installed ----------------------------------------------------------------------------


def _versions() -> Facts:
    import runstone

    return {
        "runstone": f"{metadata.version('runstone')} ({Path(runstone.__file__ or '').parent})",
        "python": f"{platform.python_version()} {platform.python_implementation()} ({sys.executable})",
        "system": f"{platform.platform()}, {os.cpu_count()} CPUs",
        "import_mlflow": _mlflow(),
    }


def _mlflow() -> str:
    """What `import mlflow` gives here, found without importing it."""
    spec = find_spec("mlflow")
    if spec is None:
        return "not installed"
    versions = [version for name in ("mlflow", "mlflow-skinny") if (version := _version(name))]
    version = versions[0] if versions else "of unknown version"
    if "+runstone" in version:
        return f"Runstone, as MLflow {version}"
    return f"the real MLflow {version} ({Path(spec.origin).parent if spec.origin else 'no file'})"


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _packages() -> Facts:
    """The packages that Runstone needs, with their versions."""
    return {name: _version(name) or "missing" for name, extra in _requirements() if extra is None}


def _extras() -> Facts:
    """The packages that more can be done with: their versions, or what installs them."""
    return {
        name: _version(name) or f"not installed; pip install 'runstone[{extra}]'"
        for name, extra in _requirements()
        if extra not in (None, "dev")
    }


def _requirements() -> list[tuple[str, str | None]]:
    found: dict[tuple[str, str | None], None] = {}
    for text in metadata.requires("runstone") or ():
        name, extra = _NAME.match(text), _EXTRA.search(text)
        if name:
            found[name[0], extra[1] if extra else None] = None
    return list(found)


# --- where runs go --------------------------------------------------------------------------------


def _tracking(given: str | None, masker: Masker, problems: list[str]) -> Facts:
    from runstone.client.uris import is_tracking_uri_set, resolve_tracking_uri

    uri = resolve_tracking_uri(given)
    facts = {"uri": _without_secrets(uri, masker), "works": "no"}
    if not given and not is_tracking_uri_set():
        facts["uri"] += " (by default)"
    try:
        database = local_database(uri)
        if database is not None:
            facts |= _folder(database, problems)
        if database is None or _is_ready(database, facts):
            with without_warnings():
                facts |= _answer(uri)
    except RunstoneError as error:
        problems.append(error.message)
    except OSError as error:
        problems.append(f"The store cannot be looked at: {error}. Check that you may read and write it.")
    return facts


def _is_ready(database: Path, facts: Facts) -> bool:
    """Whether a local store can be opened without being made or changed; says why not in `facts`."""
    if not database.exists() or not database.stat().st_size:
        facts["works"] = "there is no store yet; the first run makes it"
        return False
    from runstone.store.dialect import database_at
    from runstone.store.preparing import version_of
    from runstone.store.schema import OLDER_VERSIONS, VERSION

    version = version_of(database_at(database))
    if version not in OLDER_VERSIONS:
        facts["schema"] = version or "none of Runstone's"
        return True
    facts["schema"] = f"{version}, which will be upgraded to {VERSION} at the next use"
    facts["works"] = "not asked, since that would upgrade the store"
    return False


def _answer(uri: str) -> Facts:
    """Ask the store something, as every command does."""
    from runstone.client.client import Client

    with Client(uri) as client:
        started = time.perf_counter()
        client.search_experiments(max_results=1)
        seconds = time.perf_counter() - started
    facts = {"works": f"yes, answered in {seconds * 1_000:.0f} ms"}
    if is_server(uri):
        facts["protocol"] = f"MLflow {_server_version(uri)}"
    return facts


def _server_version(uri: str) -> str:
    from runstone.client.connection import Connection

    connection = Connection(uri)
    try:
        said = connection.request("GET", "/version", lambda answer: answer.read(), repeatable=True)
    finally:
        connection.close()
    return texts.visible(said.decode("utf-8", "replace"))[:40]


def _folder(database: Path, problems: list[str]) -> Facts:
    """What can be seen of a local store from outside."""
    existing = next(folder for folder in (database.parent, *database.parent.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    facts = {"database": str(database), "free_space": texts.size(free)}
    if free < _LITTLE_SPACE:
        problems.append(f"Only {texts.size(free)} are free where the store lies ({existing}). Make room.")
    if not os.access(existing, os.W_OK):
        problems.append(
            f"You may not write to {existing}: runs cannot be recorded there. Choose another place."
        )
    if not database.exists():
        return facts
    from runstone.locks import is_held

    log = database.with_name(database.name + "-wal")
    lock = database.with_name(database.name + ".lock")
    return facts | {
        "size": texts.size(database.stat().st_size),
        "write_ahead_log": texts.size(log.stat().st_size) if log.exists() else "none",
        "lock": _LOCK[is_held(lock)],
    }


# --- the environment ------------------------------------------------------------------------------


def _environment(masker: Masker, *, mask_all: bool) -> Facts:
    """The variables that matter here. Secrets are masked, and so is every value if `mask_all`."""
    known = {setting.name for setting in settings.ALL}
    found: Facts = {}
    shown = masker.variables(os.environ)
    for name in sorted(shown):
        if not _OURS.fullmatch(name) and name.upper() not in _OTHERS:
            continue
        value = MASK if mask_all else _without_secrets(shown[name], masker)
        unknown = name.startswith("MLFLOW_") and name not in known
        found[name] = f"{value}  (not used by Runstone)" if unknown else value
    return found
