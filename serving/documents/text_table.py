"""Plain text tables: aligned also where Chinese and Latin letters mix, folded, never cut off."""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Sequence

WIDTH_WHEN_PIPED = 200
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table as wide as the terminal, or 200 columns elsewhere; ``right`` names columns set right.

    Control characters in names are left out: a record must not steer the reader's terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.ASCII2, show_lines=any("\n" in cell for row in rows for cell in row))
    for index, heading in enumerate(headings):
        side = "right" if index in right else "left"
        shown.add_column(Text(heading), justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        shown.add_row(*(Text(visible(cell)) for cell in row))
    text = io.StringIO()
    # Even where FORCE_COLOR is set, a text that may go into a file or a mail stays plain.
    Console(file=text, width=_width(), force_terminal=False, color_system=None).print(shown)
    return text.getvalue()


def visible(text: str) -> str:
    """``text`` without control characters but line ends."""
    return _CONTROL.sub("", text)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH_WHEN_PIPED
