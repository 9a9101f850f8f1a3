"""How commands print: tables on a terminal, tab-separated values for other programs, JSON for those that want all."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

import click

from runstone.cli.texts import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

T = TypeVar("T")

ON_TERMINAL = 100
"""How many rows a table shows unless told otherwise."""

GAP = 2
"""Blanks between two columns."""

_UNBOUNDED = 1 << 16


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column of a table: its head, what stands in it, and how it is drawn."""

    head: str
    cell: Callable[[T], str]
    numeric: bool = False
    style: Callable[[T], str] | str = ""
    least: int | None = None
    """The width below which it is not cut; None if it is never cut."""


class Field(NamedTuple):
    """One fact about a thing. What has no label is left out of what people read: it stands there in another way."""

    name: str
    value: str
    label: str | None = None
    shown: str | None = None
    """What a table says instead of the value."""


# --- lists ----------------------------------------------------------------------------------------


def print_list(
    found: Iterable[T],
    output: str,
    limit: int | None,
    *,
    as_json: Callable[[T], object],
    plain: Sequence[Column[T]],
    table: Callable[[Sequence[T]], Sequence[Column[T]]],
    nothing: str,
) -> None:
    """Print what was found.

    Args:
        found: the items; they are asked for as they are printed.
        output: "json", "tsv" or "table".
        limit: how many were asked for; None lets a terminal show its first hundred and says so.
        as_json: an item for JSON.
        plain: the columns of tab-separated values.
        table: the columns of a table of these items.
        nothing: what is said on a terminal if there are none.
    """
    if output == "json":
        print_json_list(map(as_json, found))
    elif output == "tsv":
        print_tsv(plain, found)
    else:
        shown = ON_TERMINAL if limit is None and sys.stdout.isatty() else None
        items = list(islice(found, shown and shown + 1))
        if items:
            print_table(table(items[:shown]), items[:shown])
        else:
            note(nothing)
        if shown and len(items) > shown:
            note(f"The first {shown} are shown; --max-results NUMBER shows more.")


def print_tsv(columns: Sequence[Column[T]], rows: Iterable[T]) -> None:
    """Print a head and rows, each as it comes; nothing if the first one cannot be had."""
    head = "\t".join(column.head for column in columns)
    for row in rows:
        line = "\t".join(visible(column.cell(row)) for column in columns)
        click.echo(f"{head}\n{line}" if head else line)
        head = ""
    if head:
        click.echo(head)


def print_json_list(rows: Iterable[object]) -> None:
    """Print a JSON list, each item as it comes."""
    lead = "["
    for row in rows:
        text = "\n".join(f"  {line}" for line in _json(row).splitlines())
        click.echo(f"{lead}\n{text}", nl=False)
        lead = ","
    click.echo("[]" if lead == "[" else "\n]")


def print_table(columns: Sequence[Column[T]], rows: Sequence[T]) -> None:
    """Print a table. Where it is too wide, what may be cut is cut, the longest first; the rest runs over."""
    from rich.table import Table

    widths = _fitted(columns, rows, width())
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for column, room in zip(columns, widths, strict=True):
        justify = "right" if column.numeric else "left"
        table.add_column(column.head, justify=justify, no_wrap=True, overflow="ellipsis", width=room)
    for row in rows:
        table.add_row(*(_cell(column, row) for column in columns))
    console = terminal(sum(widths) + GAP * len(widths))
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip(), color=True)


def column_width(column: Column[T], rows: Iterable[T]) -> int:
    """How wide a column is with all that is in it."""
    from rich.cells import cell_len

    return max(cell_len(column.head), *(cell_len(visible(column.cell(row))) for row in rows))


def _fitted(columns: Sequence[Column[T]], rows: Sequence[T], room: int) -> list[int]:
    widths = [column_width(column, rows) for column in columns]
    while sum(widths) + GAP * (len(widths) - 1) > room:
        cuttable = [
            index for index, column in enumerate(columns) if column.least and widths[index] > column.least
        ]
        if not cuttable:
            break
        widths[max(cuttable, key=widths.__getitem__)] -= 1
    return widths


def _cell(column: Column[T], row: T) -> "Text":
    from rich.text import Text

    style = column.style(row) if callable(column.style) else column.style
    return Text(visible(column.cell(row)), style=style)


# --- one thing ------------------------------------------------------------------------------------


def print_fields(fields: Sequence[Field], output: str) -> None:
    """Print what is known of one thing: aligned for people, one fact a line for programs."""
    if output == "tsv":
        for field in fields:
            click.echo(f"{field.name}\t{visible(field.value)}")
        return
    console = terminal()
    labelled = [field for field in fields if field.label is not None]
    width = max(len(field.label or "") for field in labelled)
    for field in labelled:
        shown = field.value if field.shown is None else field.shown
        console.print(_label(field.label or "", width), _soft(shown), end="\n", soft_wrap=True)


def print_section(title: str, pairs: Mapping[str, str], *, numeric: bool = False) -> None:
    """Print keys and values under a title; nothing if there are none."""
    if not pairs:
        return
    console = terminal()
    console.print(f"\n{title}", style="bold", markup=False)
    width = max(len(visible(key)) for key in pairs)
    room = max((len(visible(value)) for value in pairs.values()), default=0) if numeric else 0
    for key, value in pairs.items():
        console.print("  ", _label(visible(key), width), _soft(value.rjust(room)), sep="", soft_wrap=True)


def _label(text: str, width: int) -> "Text":
    from rich.text import Text

    return Text(f"{text:<{width}}  ", style="dim")


def _soft(text: str) -> "Text":
    from rich.text import Text

    return Text(visible(text))


# --- beneath --------------------------------------------------------------------------------------


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(_json(value))


def terminal(columns: int | None = None) -> "Console":
    """Where tables are drawn: as wide as the terminal, or as said; without bounds and colours where there is none."""
    from rich.console import Console

    return Console(highlight=False, width=columns or (None if sys.stdout.isatty() else _UNBOUNDED))


def width() -> int:
    """The columns that a table may take."""
    return terminal().width


def note(text: str) -> None:
    """Tell people something about the output, beside it."""
    click.echo(text, err=True)


def _json(value: object) -> str:
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return json.dumps(_plain(value), indent=2, ensure_ascii=not encoding.startswith("utf"))


def _plain(value: object) -> Any:
    """A value of what JSON has: NaN and the infinities as the protocol's texts, entities as objects."""
    from runstone.entities.base import Entity
    from runstone.wire.base import to_double

    if isinstance(value, float):
        return to_double(value)
    if isinstance(value, Entity):
        value = dict(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    return value
