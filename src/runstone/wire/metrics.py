"""Requests and responses about the points of metrics."""

from typing import Annotated

import msgspec

from runstone.wire.base import Double, Int64, Name, PackedResponse, Part, Request, Response
from runstone.wire.runs import Metric


class GetMetricHistory(Request, kw_only=True):
    run_id: Name
    run_uuid: str | None = None
    metric_key: Name
    page_token: str | None = None
    max_results: Int64 | None = None


class GetMetricHistoryResponse(Response):
    metrics: list[Metric] = []
    next_page_token: str | None = None


class GetMetricHistoryBulk(Request, kw_only=True):
    run_id: list[str] = []
    metric_key: Name
    max_results: Int64 | None = None


class GetMetricHistoryBulkResponse(Response):
    metrics: list[Metric] = []


class GetMetricHistoryBulkInterval(Request, kw_only=True):
    run_ids: Annotated[list[str], msgspec.Meta(min_length=1)]
    metric_key: Name
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 | None = None


class GetMetricHistoryBulkIntervalResponse(Response):
    metrics: list[Metric] = []


class GetSeries(Request, kw_only=True):
    """Asks for the points of several metrics of several runs, in columns.

    `buckets` bounds the answer: a series is cut into that many equal ranges of its points, and each keeps its first,
    last, smallest and largest point, and one NaN and one of each infinity it holds. 0 asks for every point.
    `start_step` and `end_step` bound the steps, `start_time` and `end_time` the times (in ms), all inclusive; a point
    is in the answer if it is within both.
    """

    run_ids: list[str]
    metric_keys: list[str]
    buckets: Int64 = 0
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    start_time: Int64 | None = None
    end_time: Int64 | None = None


class Series(Part):
    """A metric's points, ordered by step. `count` is how many there are, of which the columns show some or all."""

    run_id: str
    key: str
    count: int
    steps: list[int]
    timestamps: list[int]
    values: list[Double]


class GetSeriesResponse(Response):
    series: list[Series] = []


class StoredChunk(Part):
    """Points of one metric as a chunk; see `runstone.wire.columns` for the bytes."""

    key: int
    data: bytes


class RunColumns(Part):
    """The points of a run's metrics: what chunks hold as they are stored, all others in one block.

    `block` is empty if there are no others. A metric's points are those of its chunks and of the block together: they
    must be merged, for they may overlap, and points that are equal in everything are one. `counts` says of down-sampled
    series how many points each stands for, by the metric's id.
    """

    run_id: str
    chunks: list[StoredChunk] = []
    block: bytes = b""
    counts: dict[int, int] = {}


class GetSeriesColumnsResponse(PackedResponse):
    """The points in their stored form. `keys` are the ids that stand for metrics in it, by their names."""

    keys: dict[str, int] = {}
    runs: list[RunColumns] = []
