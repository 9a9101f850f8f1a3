"""What can be switched on and off in a program, as in `mlflow.config`."""

from runstone.client.pending import enable_async_logging

__all__ = ["enable_async_logging"]
