"""The record of what made a run: gathered here once a process, with every secret in it masked.

`gather` never fails for what is missing: the record's `missing` has a reason for each part that is not known.
"""

import datetime
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

from runstone.client.surroundings import distributions, git, machine
from runstone.client.surroundings.checkout import Checkout
from runstone.client.surroundings.masking import Masker
from runstone.client.surroundings.processes import NotFound
from runstone.client.surroundings.tags import Program, checkout_of, checkout_tags, user
from runstone.entities.names import GIT_DIRTY_TAG

VERSION = 1
"""Of the form of `environment.json`; a change that a reader could stumble over raises it."""

ENVIRONMENT = "environment.json"
REQUIREMENTS = "requirements.txt"
PATCH = "uncommitted.patch"

ARGUMENTS_LIMIT = 1_000
"""How many arguments of the command line are kept."""

TEXT_LIMIT = 4_000
"""Characters of an argument or a variable's value."""

SOURCE_LIMIT = 64 << 20
"""Bytes of a source file of which a digest is made."""

VARIABLES = (
    "ACCELERATE_*", "CONDA_DEFAULT_ENV", "CUBLAS_*", "CUDA_*", "CUDNN_*", "GOMP_*", "GROUP_RANK",
    "HF_*", "HIP_*", "HOROVOD_*", "JAX_*", "KMP_*", "LANG", "LC_*", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "LSB_*",
    "MASTER_ADDR", "MASTER_PORT", "MKL_*", "MLFLOW_*", "NCCL_*", "NODE_RANK", "NUMEXPR_*", "NVIDIA_*", "OMPI_COMM_*",
    "OMP_*", "OPENBLAS_*", "PBS_*", "PL_*", "PYTHONHASHSEED", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTORCH_*", "RANK",
    "ROCR_*", "RUNSTONE_*", "SGE_*", "SLURM_*", "TF_*", "TOKENIZERS_*", "TORCH*", "TRANSFORMERS_*", "TZ",
    "VIRTUAL_ENV", "WORLD_SIZE", "XLA_*",
)  # fmt: skip
"""The environment variables that are kept, as patterns. No other one is."""

T = TypeVar("T")


class Record(NamedTuple):
    """What is kept of a process's surroundings: tags, and files by their name."""

    tags: dict[str, str]
    files: dict[str, bytes]


class _Missing(dict[str, str]):
    """Why a part of the record is not known, by the part's name."""

    def otherwise(self, part: str, find: Callable[[], T], default: T) -> T:
        try:
            return find()
        except (NotFound, OSError, ValueError) as error:
            self[part] = str(error)
            return default


def gather(program: Program, environ: Mapping[str, str] = os.environ) -> Record:
    """What made the runs of this process, as far as it can be known. Starts processes; takes some 0.1 s."""
    masker = Masker(environ)
    missing = _Missing()
    no_distributions: list[distributions.Distribution] = []
    packages = missing.otherwise("distributions", distributions.installed, no_distributions)
    no_gpus: list[dict[str, object]] = []
    repository, checkout, patch = _repository(program, masker, missing)
    content: dict[str, object] = {
        "version": VERSION,
        "recorded_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "user": user(),
        "host": missing.otherwise("host", machine.host, None),
        "os": machine.system(),
        "cpu": missing.otherwise("cpu", machine.cpu, None),
        "memory": missing.otherwise("memory", machine.memory, None),
        "gpus": missing.otherwise("gpus", machine.gpus, no_gpus),
        "python": machine.python(),
        "command": _command(masker, missing),
        "working_directory": missing.otherwise("working_directory", lambda: str(Path.cwd()), None),
        "process_id": os.getpid(),
        "source": _source(program, missing),
        "git": repository,
        "variables": _variables(masker, environ),
        "distributions": [_package(entry) for entry in packages],
        "missing": missing,
    }
    files = {ENVIRONMENT: _json(masker.everything(content))}
    if packages:
        text = distributions.requirements(packages, str(machine.python()["version"]))
        files[REQUIREMENTS] = masker.forms(text).encode()
    if patch:
        files[PATCH] = patch
    tags = checkout_tags(checkout)
    if isinstance(repository, dict) and repository["dirty"] is not None:
        tags[GIT_DIRTY_TAG] = str(repository["dirty"]).lower()
    return Record(tags, files)


def _repository(
    program: Program, masker: Masker, missing: _Missing
) -> tuple[dict[str, object] | None, Checkout | None, bytes]:
    """What is kept about the repository, the checkout as git sees it, and the patch."""
    seen = checkout_of(program)
    if seen is None:
        missing["git"] = f"{program.file or 'the working directory'} is in no git repository"
        return None, None, b""
    state = missing.otherwise("git", lambda: git.read_state(seen), None)
    checkout = state.checkout if state else seen
    facts: dict[str, object] = {
        "root": str(checkout.root),
        "commit": checkout.commit,
        "branch": checkout.branch,
        "remote": checkout.remote,
        "dirty": bool(state.changed) if state else None,
    }
    patch = None
    if state:
        facts |= {"changed": git.named(state.changed), "untracked": git.named(state.untracked)}
        facts["changed_submodules"] = git.named(state.submodules)
        if state.changed:
            patch = missing.otherwise("patch", lambda: git.read_patch(state, masker), None)
    if patch:
        facts["patch"] = {
            "file": PATCH if patch.data else None,
            "bytes": len(patch.data),
            "left_out": git.named(patch.left_out),
            "binary": git.named(patch.binary),
            "masked": git.named(patch.masked),
        }
    return facts, checkout, patch.data if patch else b""


def _command(masker: Masker, missing: _Missing) -> list[str]:
    arguments: Sequence[str] = sys.orig_argv or sys.argv
    if len(arguments) > ARGUMENTS_LIMIT:
        missing["command"] = f"only the first {ARGUMENTS_LIMIT:,} of {len(arguments):,} arguments are kept"
    return [_short(argument) for argument in masker.command(arguments[:ARGUMENTS_LIMIT])]


def _source(program: Program, missing: _Missing) -> dict[str, object]:
    file = program.file
    digest = missing.otherwise("source", lambda: _digest(file), None) if file else None
    return {
        "name": program.name,
        "type": program.kind,
        "file": str(file) if file else None,
        "sha256": digest,
    }


def _digest(file: Path) -> str:
    if file.stat().st_size > SOURCE_LIMIT:
        raise NotFound(f"{file} has more than {SOURCE_LIMIT:,} bytes")
    return sha256(file.read_bytes()).hexdigest()


def _variables(masker: Masker, environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in sorted(environ.items())
        if any(fnmatchcase(name, pattern) for pattern in VARIABLES)
    }
    return {name: _short(value) for name, value in masker.variables(kept).items()}


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text):,} characters)"


def _package(entry: distributions.Distribution) -> dict[str, object]:
    package: dict[str, object] = {"name": entry.name, "version": entry.version}
    if entry.origin:
        package |= {"origin": entry.origin, "editable": entry.editable}
    return package


def _json(content: object) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode()
