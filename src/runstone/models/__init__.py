"""Models as files: the folder that MLflow's MLmodel format describes, written, logged, opened and described.

What one framework needs is in `runstone.flavors`; everything that flavors share is here.
"""

from runstone.models.document import Model, ModelInfo, get_model_info

__all__ = ["Model", "ModelInfo", "get_model_info"]
