"""Asking other programs, briefly: without input, without output of their own, bounded in time and in size."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_SHOWN = 300
_LOOKS = 0.02


class NotFound(Exception):
    """Something could not be found out; the message says why, for the record."""


class Output(NamedTuple):
    """What a program wrote; `whole` is False if that was more than was asked for."""

    data: bytes
    whole: bool


def ask(
    command: Sequence[str],
    *,
    seconds: float,
    limit: int = 1 << 20,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Output:
    """Run a program and return the first `limit` bytes of its output.

    Raises NotFound if it is not installed, fails, or takes more than `seconds`; it is ended then.
    """
    program = shutil.which(command[0])
    if program is None:
        raise NotFound(f"the program {command[0]} is not installed")
    try:
        # Into files, not pipes: a pipe stays open in a child that another thread forks meanwhile.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                cwd=folder,
                env=environ,
                start_new_session=True,  # so that Ctrl-C reaches the training alone
            )
            whole = _ended(process, output.fileno(), limit, seconds)
            output.seek(0)
            errors.seek(0)
            if whole and process.returncode:
                reason = " ".join(errors.read(4 * _SHOWN).decode("utf-8", "replace").split())[:_SHOWN]
                raise NotFound(f"{command[0]} failed: {reason or process.returncode}")
            return Output(output.read(limit), whole)
    except OSError as error:
        raise NotFound(f"{command[0]} could not be asked: {error}") from error


def _ended(process: subprocess.Popen[bytes], output: int, limit: int, seconds: float) -> bool:
    """Wait for a program; end it, and return False, as soon as it has written more than `limit` bytes."""
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                process.wait(_LOOKS)
            except subprocess.TimeoutExpired:
                if os.fstat(output).st_size > limit:
                    return False
                if time.monotonic() > deadline:
                    raise NotFound(f"no answer within {seconds:g} seconds") from None
            else:
                return os.fstat(output).st_size <= limit
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
