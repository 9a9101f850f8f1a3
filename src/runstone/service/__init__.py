"""What each operation does: its rules, then one transaction. One function per row of the operation table."""

from runstone.service import artifacts, experiments, logging, metrics, runs  # noqa: F401  (they register their functions)
from runstone.service.core import Service
from runstone.service.opening import open_service

__all__ = ["Service", "open_service"]
