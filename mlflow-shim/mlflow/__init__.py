"""MLflow's names, with Runstone behind them: `runstone shim install` puts this here, `uninstall` removes it."""

try:
    from runstone.shim.modules import give_names
except ModuleNotFoundError as error:
    if error.name not in ("runstone", "runstone.shim", "runstone.shim.modules"):
        raise
    raise ImportError(
        "This mlflow is a shim that stands on Runstone, and Runstone is not installed. "
        "Install runstone, or remove the shim with `pip uninstall mlflow`."
    ) from error

give_names(__name__)
