"""`python -m mlflow`: Runstone's command line, where `mlflow` is not on PATH."""

from runstone.cli import main

main()
