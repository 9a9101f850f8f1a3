"""Read one metric whole through a client: `read_series.py MODULE SERVER RUN KEY list|columns POINTS`."""

import json
import sys
import time
from importlib import import_module

module, server, run_id, key, form, expected = sys.argv[1:]
client = import_module(module).MlflowClient(server)
client.get_run(run_id)  # opens the connection
read = client.get_series if form == "columns" else client.get_metric_history
times: list[float] = []
for _ in range(3):
    started = time.perf_counter()
    found = read([run_id], [key]) if form == "columns" else read(run_id, key)
    times.append(time.perf_counter() - started)
    count = len(found[0].values) if form == "columns" else len(found)
    assert count == int(expected), f"{count} points of {expected}"
    if sum(times) > 10:
        break
print(json.dumps({"seconds": sorted(times)[len(times) // 2]}))
