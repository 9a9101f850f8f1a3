"""Requests and responses about logged models."""

from runstone.wire.base import Int64, Part, Request, Response


class DatasetFilter(Part):
    """The dataset that a metric in a search was measured on."""

    dataset_name: str
    dataset_digest: str | None = None


class ModelOrder(Part, kw_only=True):
    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


class SearchLoggedModels(Request, kw_only=True):
    experiment_ids: list[str] = []
    filter: str | None = None
    datasets: list[DatasetFilter] = []
    max_results: Int64 = 50
    order_by: list[ModelOrder] = []
    page_token: str | None = None


class SearchLoggedModelsResponse(Response):
    """Nothing but an empty page: no operation of this version logs a model."""
