"""`import mlflow` on top of Runstone: MLflow's public module names, and the small distribution that provides them."""
