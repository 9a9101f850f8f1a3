"""A metric's points in columns: the form charts and numpy want."""

import msgspec


class Series(msgspec.Struct, frozen=True):
    """The points of one metric of one run, ordered by step and then by time.

    `count` is the number of points in the range asked for; the columns hold fewer when they were down-sampled.
    `timestamps` are in milliseconds since the Unix epoch.
    """

    run_id: str
    key: str
    count: int
    steps: list[int]
    timestamps: list[int]
    values: list[float]
