"""Runstone beside the real MLflow: the same work on both, the figures next to each other.

`python -m benchmarks` runs everything, `python -m benchmarks --list` names it. A benchmark is a function in one of
these modules: it does its work on one side and returns figures; `registry.py` lists it. Loopback only, bounded in
count and time, through the public Python API and HTTP. A budget is printed for information and fails nothing.
"""
