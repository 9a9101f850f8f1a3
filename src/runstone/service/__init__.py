"""What each operation does: its rules, then one transaction. One function per row of the operation table."""

from runstone.service import (
    artifacts,
    datasets,
    experiments,
    importing,
    logging,
    metrics,
    models,
    removal,
    runs,
    searching,
)
from runstone.service.core import Service
from runstone.service.opening import open_service

__all__ = ["Service", "open_service"]

MODULES = (artifacts, datasets, experiments, importing, logging, metrics, models, removal, runs, searching)
"""The modules that register the operations' functions."""
