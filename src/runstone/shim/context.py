"""What MLflow's `mlflow.tracking.context.registry` offers to libraries that make runs of their own."""

from collections.abc import Mapping

from runstone.client.surroundings.tags import context_tags


def resolve_tags(tags: Mapping[str, str] | None = None, ignore: object | None = None) -> dict[str, str]:
    """The tags that tell of this process (`mlflow.user`, `mlflow.source.*`), with `tags` over them.

    `ignore`, a list of MLflow's providers, has no meaning here.
    """
    return context_tags() | dict(tags or {})
