"""A large file through the server, in both directions."""

import http.client
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.figures import Figure, Scale, median
from benchmarks.load import call
from benchmarks.processes import peak_memory, tree
from benchmarks.sides import Server, Side

PIECE = 1 << 20
TIMES = 3


def artifact(side: Side, scale: Scale) -> list[Figure]:
    """A file through the server, up and down, and the most memory that one of its processes took."""
    size = scale.pick(256, 16) << 20
    folder = side.fresh_folder("artifact")
    file = folder / "artifact.bin"
    with file.open("wb") as out:
        for _ in range(size // PIECE):
            out.write(os.urandom(PIECE))
    with side.server(folder) as running:
        path = _place(running)
        up = [_send(running, f"{path}/{number}.bin", file) for number in range(TIMES)]
        down = [_receive(running, f"{path}/{number}.bin", size) for number in range(TIMES)]
        memory = max(map(peak_memory, tree(running.process.pid)))
    label = f"artifact of {size >> 20} MB through the server"
    return [
        Figure(f"{label}, up", size / 1e6 / median(up), "MB/s", "≥ 500 MB/s", higher_is_better=True),
        Figure(f"{label}, down", size / 1e6 / median(down), "MB/s", "≥ 500 MB/s", higher_is_better=True),
        Figure(f"{label}: most memory of a process", memory, "B", "≤ 120 MB"),
    ]


def _place(running: Server) -> str:
    """The path of a new run's artifacts behind the server."""
    experiment = call(running.url, "experiments/create", {"name": "files"})["experiment_id"]
    body = {"experiment_id": experiment, "start_time": 1}
    uri = call(running.url, "runs/create", body)["run"]["info"]["artifact_uri"]
    return f"/api/2.0/mlflow-artifacts/artifacts/{urlsplit(uri).path.lstrip('/')}"


def _send(running: Server, path: str, file: Path) -> float:
    with file.open("rb") as content:
        headers = {"Content-Length": str(file.stat().st_size), "Content-Type": "application/octet-stream"}
        began = time.perf_counter()
        connection = _connect(running)
        connection.request("PUT", path, content, headers)
        _answer(connection).read()
        seconds = time.perf_counter() - began
    connection.close()
    return seconds


def _receive(running: Server, path: str, size: int) -> float:
    began = time.perf_counter()
    connection = _connect(running)
    connection.request("GET", path)
    answer, buffer, received = _answer(connection), bytearray(PIECE), 0
    while got := answer.readinto(buffer):
        received += got
    seconds = time.perf_counter() - began
    connection.close()
    if received != size:
        raise RuntimeError(f"{received:,} of {size:,} bytes came back")
    return seconds


def _connect(running: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=300, blocksize=PIECE)


def _answer(connection: http.client.HTTPConnection) -> Any:
    answer = connection.getresponse()
    if answer.status != http.client.OK:
        raise RuntimeError(f"status {answer.status}: {answer.read(500)!r}")
    return answer
