"""Values as people read them: times, durations, sizes, numbers, and texts that cannot disturb a terminal."""

import math
import re
import time
from datetime import UTC, datetime

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNITS = ((86_400, " day", " days"), (3_600, " hour", " hours"), (60, " min", " min"), (1, " s", " s"))
_LONG_AGO_S = 30 * 86_400
SHORT_ID = 8


def visible(text: str) -> str:
    """A text on one line, in which control characters show as escapes: none can move the cursor or forge a column."""
    return _CONTROL.sub(lambda found: _SHORT.get(found[0]) or ascii(found[0])[1:-1], text)


def one_line(message: str) -> str:
    """A message on one line."""
    return visible(" ".join(message.split()))


def short_id(run_id: str) -> str:
    """The beginning of a run's id, which is enough to name it; an id that somebody chose is kept whole."""
    return run_id[:SHORT_ID] if re.fullmatch(r"[0-9a-f]{32}", run_id) else visible(run_id)


def number(value: float) -> str:
    """A number with the digits that a table has room for: five significant ones, whole numbers in full up to 10^15."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return (
        f"{value:.5g}"
        if math.isfinite(value)
        else str(value).replace("inf", "Infinity").replace("nan", "NaN")
    )


def exact(value: float) -> str:
    """A number with all its digits; NaN and the infinities as the protocol spells them."""
    return repr(value) if math.isfinite(value) else number(value)


def size(count: int | None) -> str:
    """A number of bytes, such as "1.4 MB"; "" if it is not known."""
    if count is None:
        return ""
    if count < 1_000:
        return f"{count} B"
    value, units = count / 1_000, iter(("kB", "MB", "GB", "TB", "PB"))
    unit = next(units)
    while value >= 999.5 and (larger := next(units, None)):
        value, unit = value / 1_000, larger
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def utc(milliseconds: int | None) -> str:
    """A time for machines: ISO 8601, in UTC, to the millisecond; "" for none."""
    if not milliseconds:
        return ""
    moment = datetime.fromtimestamp(milliseconds // 1_000, UTC).replace(tzinfo=None)
    return f"{moment.isoformat()}.{milliseconds % 1_000:03d}Z"


def local(milliseconds: int | None) -> str:
    """A time for people: this machine's date and time to the second; "" for none."""
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds // 1_000).strftime("%Y-%m-%d %H:%M:%S")


def ago(milliseconds: int | None, now: float | None = None) -> str:
    """How long ago a time was, such as "3 hours ago"; its date if that is over a month; "" for none."""
    if not milliseconds:
        return ""
    seconds = (time.time() if now is None else now) - milliseconds / 1_000
    if not -_LONG_AGO_S < seconds < _LONG_AGO_S:
        return local(milliseconds)[:10]
    if abs(seconds) < 1:
        return "now"
    said = _largest_unit(abs(seconds))
    return f"{said} ago" if seconds > 0 else f"in {said}"


def when(milliseconds: int | None, *, wide: bool = True) -> str:
    """A time as `ago` has it, and where there is room, before it, as `local` has it."""
    relative = ago(milliseconds)
    if not wide or not relative:
        return relative
    return (
        local(milliseconds)
        if relative[:2].isdecimal() and "-" in relative
        else f"{local(milliseconds)} ({relative})"
    )


def _largest_unit(seconds: float) -> str:
    for length, one, several in _UNITS:
        if (count := int(seconds // length)) >= 1:
            return f"{count}{one if count == 1 else several}"
    return "0 s"


def duration(start: int | None, end: int | None) -> str:
    """The time between two times, such as "4 min 07 s"; "" unless both are known."""
    if not start or not end:
        return ""
    if (milliseconds := max(end - start, 0)) < 1_000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1_000
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24:02d} h"
