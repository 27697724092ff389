"""What is wrong with a command line, in the language of the call.

Typer writes its messages in English only. Each pattern here names the text of the catalogue that
says the same; a message without a pattern is given as Typer writes it.
"""

from __future__ import annotations

import re

from risk.locale import Language, text

_NAME = r"'?(?P<name>[^']+?)'?"
_MESSAGES = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("unknown_command_near", r"No such command '(?P<found>.*)'\. Did you mean (?P<meant>.+)\?"),
        ("unknown_command", r"No such command '(?P<found>.*)'\."),
        (
            "unknown_option_near",
            r"No such option: (?P<found>\S+) \(Possible options: (?P<meant>.+)\)",
        ),
        ("unknown_option", r"No such option: (?P<found>\S+)"),
        ("missing_command", r"Missing command\."),
        ("missing_option", rf"Missing option {_NAME}\..*"),
        ("missing_argument", rf"Missing argument {_NAME}\..*"),
        ("missing_value", rf"Option {_NAME} requires (?:an|\d+) arguments?\."),
        ("no_value_taken", rf"Option {_NAME} does not take a value\."),
        ("extra_arguments", r"Got unexpected extra arguments?(?:\(s\))? \((?P<found>.+)\)"),
        ("wrong_value", rf"Invalid value for {_NAME}: (?P<detail>.+)"),
    )
)
_DETAILS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("usage.not_an_integer", r"Input should be a valid integer.*"),
        ("usage.not_a_number", r"Input should be a valid number.*"),
        ("usage.at_least", r"Input should be greater than or equal to (?P<least>\S+)"),
        ("usage.more_than", r"Input should be greater than (?P<bound>\S+)"),
        ("usage.at_most", r"Input should be less than or equal to (?P<most>\S+)"),
        ("usage.less_than", r"Input should be less than (?P<bound>\S+)"),
        (
            "usage.not_allowed",
            r"(?:Value error, )?'(?P<found>.*)' is not (?:one of )?(?P<allowed>.+)\.",
        ),
        ("usage.not_there", r"(?:file|dir|path) '(?P<found>.*)' does not exist\."),
        ("usage.is_a_file", r"(?:file|dir|path) '(?P<found>.*)' is a file\."),
        ("usage.is_a_folder", r"(?:file|dir|path) '(?P<found>.*)' is a directory\."),
        ("usage.not_readable", r"(?:file|dir|path) '(?P<found>.*)' is not readable\."),
        ("usage.not_writable", r"(?:file|dir|path) '(?P<found>.*)' is not writable\."),
        ("not_a_date", r"(?P<found>.+) is not a date in the form YYYY-MM-DD"),
    )
)


def usage_error(message: str, language: Language) -> str:
    """Return Typer's ``message`` as one line in ``language``.

    >>> usage_error("Missing option '--as-of'.", "zh")
    '缺少选项 --as-of。'
    >>> usage_error("Invalid value for '--port': Input should be a valid integer", "zh")
    '--port 的值有误：应为整数。'
    """
    line = " ".join(message.split())
    for name, pattern in _MESSAGES:
        found = pattern.fullmatch(line)
        if found:
            fields = {key: value.replace("'", "") for key, value in found.groupdict().items()}
            if name == "wrong_value":
                fields["detail"] = _detail(found["detail"], language).rstrip("。.")
            return text(f"cli.usage.{name}", language, **fields)
    return line


def _detail(message: str, language: Language) -> str:
    for name, pattern in _DETAILS:
        found = pattern.fullmatch(message)
        if found:
            fields = {key: value.replace("'", "") for key, value in found.groupdict().items()}
            return text(f"cli.{name}", language, **fields)
    return message
