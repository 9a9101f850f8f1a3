"""Taking over what MLflow recorded: its folders, its databases and its servers.

A source (`folder`, `database`, `server`) gives experiments and runs, a target takes them; `transfer` stands between. A
kind of thing that Runstone learns to keep needs a method of each, and a step of the transfer.
"""

from runstone.importer.opening import check_different, open_source
from runstone.importer.report import LeftOut, Report
from runstone.importer.target import NoTarget, StoreTarget, Target
from runstone.importer.transfer import Options, Progress, transfer

__all__ = [
    "LeftOut",
    "NoTarget",
    "Options",
    "Progress",
    "Report",
    "StoreTarget",
    "Target",
    "check_different",
    "open_source",
    "transfer",
]
