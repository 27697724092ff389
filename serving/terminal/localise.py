"""Help of the command line from the catalogue.

Typer writes the frame of a help page in English only. Each pattern here names the text of the
catalogue that says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from risk.locale import Language, catalogue, text

_FRAME = tuple(
    (name, re.compile(pattern, re.MULTILINE))
    for name, pattern in (
        ("usage", r"^Usage: "),
        ("arguments", r"^Arguments:$"),
        ("options", r"^Options:$"),
        ("commands", r"^Commands:$"),
        ("any_options", r"\[OPTIONS\]"),
        ("any_command", r"COMMAND \[ARGS\]\.\.\."),
        ("this_help", r"Show this message and exit\."),
        ("required", r"\[required\]"),
        ("default", r"\[default:\s+(?P<value>[^]]+)\]"),
        ("environment", r"\[env var:\s+(?P<variable>[^];]+);\s+default:\s+(?P<value>[^]]+)\]"),
    )
)


def localise(command: Any, language: Language, path: tuple[str, ...] = ()) -> None:
    """Set the help of ``command``, its parameters and subcommands in ``language``.

    A command's help is ``help.<path>.about``; a parameter's ``help.<path>.<name>`` or, where
    several commands share it, ``help.options.<name>``.

    Raises:
        KeyError: a help text is missing in the catalogue.
    """
    texts = catalogue(language)
    section = ".".join(("help", *(path or ("root",))))
    command.help = texts[f"{section}.about"]
    command.get_help = partial(_help_in, language, command.get_help)
    for parameter in command.params:
        if parameter.name == "help" or parameter.hidden:
            continue
        name = parameter.name
        parameter.help = texts.get(f"{section}.{name}") or texts[f"help.options.{name}"]
    for name, child in getattr(command, "commands", {}).items():
        localise(child, language, (*path, name))


def _help_in(language: Language, get_help: Callable[[Any], str], context: Any) -> str:
    """The help page with its frame in ``language``."""
    page = get_help(context)
    for name, pattern in _FRAME:
        page = pattern.sub(partial(_frame_in, language, name), page)
    return page


def _frame_in(language: Language, name: str, found: re.Match[str]) -> str:
    return text(f"cli.help_frame.{name}", language, **found.groupdict())
