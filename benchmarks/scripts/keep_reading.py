"""Send the request on stdin to a server, on two connections, until somebody ends this: `keep_reading.py URL`."""

import sys
from itertools import repeat

from benchmarks.load import drive

drive(sys.argv[1], repeat(sys.stdin.buffer.read()), 2, seconds=3_600)
