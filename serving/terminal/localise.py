"""Puts the catalogue's wording into the command line's help."""

from __future__ import annotations

from typing import Any

from risk.locale import Language, catalogue


def localise(command: Any, language: Language, path: tuple[str, ...] = ()) -> None:
    """Give ``command``, its parameters and its subcommands their help in ``language``.

    A command's help is ``help.<path>.about``; a parameter's ``help.<path>.<name>`` or, where
    several commands share it, ``help.options.<name>``. A missing wording is a KeyError.
    """
    words = catalogue(language)
    section = ".".join(("help", *(path or ("root",))))
    command.help = words[f"{section}.about"]
    for parameter in command.params:
        if parameter.name == "help" or parameter.hidden:
            continue
        name = parameter.name
        parameter.help = words.get(f"{section}.{name}") or words[f"help.options.{name}"]
    for name, child in getattr(command, "commands", {}).items():
        localise(child, language, (*path, name))
