"""From nothing to an open run: import, default local store, `start_run`."""

import json
import sys
import time
from importlib import import_module

started = time.perf_counter()
module = import_module(sys.argv[1])
run = module.start_run()
seconds = time.perf_counter() - started
module.end_run()
print(json.dumps({"seconds": seconds}))
