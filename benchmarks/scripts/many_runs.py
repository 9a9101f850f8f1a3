"""Start a run, log five params, end it, again and again, in the default local store."""

import json
import sys
import time
from importlib import import_module

module, count, limit = import_module(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
with module.start_run():
    module.log_params({"warm": "up"})
started, done = time.perf_counter(), 0
while done < count and time.perf_counter() - started < limit:
    with module.start_run():
        for number in range(5):
            module.log_param(f"p{number}", number)
    done += 1
print(json.dumps({"runs": done, "seconds": time.perf_counter() - started}))
