"""Plain text tables. Wide (Chinese) characters are aligned; long cells wrap, none is truncated."""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Sequence

WIDTH_WHEN_PIPED = 200
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def format_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> str:
    """Return a table as wide as the terminal, or 200 columns where output is not a terminal.

    ``right`` holds the indices of right-aligned columns. Control characters are removed, so that a
    record cannot send escape sequences to the terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rich_table = Table(box=box.ASCII2, show_lines=any("\n" in cell for row in rows for cell in row))
    for index, heading in enumerate(headings):
        side = "right" if index in right else "left"
        rich_table.add_column(Text(heading), justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        rich_table.add_row(*(Text(strip_control_characters(cell)) for cell in row))
    text = io.StringIO()
    # No colours even with FORCE_COLOR set: the text may go into a file or an e-mail.
    Console(file=text, width=_width(), force_terminal=False, color_system=None).print(rich_table)
    return text.getvalue()


def strip_control_characters(text: str) -> str:
    """Return ``text`` without control characters other than newlines."""
    return _CONTROL.sub("", text)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH_WHEN_PIPED
