"""Help of the command line from the catalogue."""

from __future__ import annotations

from typing import Any

from risk.locale import Language, catalogue


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
    for parameter in command.params:
        if parameter.name == "help" or parameter.hidden:
            continue
        name = parameter.name
        parameter.help = texts.get(f"{section}.{name}") or texts[f"help.options.{name}"]
    for name, child in getattr(command, "commands", {}).items():
        localise(child, language, (*path, name))
