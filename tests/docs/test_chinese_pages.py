"""What the Chinese pages name exists: commands, options, pages, tables, columns, messages."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from risk.contract import OWN_TABLES, TABLES
from risk.locale import catalogue
from serving.cli.main import command
from serving.settings import Settings
from serving.terminal.context import context_from_arguments

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "zh"
PAGES = sorted(FOLDER.glob("*.md"))
NAMES = {"快速上手", "台账导入", "监察员手册", "月报与年度总结", "系统管理", "常见问题"}
MESSAGES = "常见问题"
# Sections of wagewatch.toml that the pages name, in back quotes.
SECTION = re.compile(r"`\[+([a-z_]+)\]+(?: ([a-z_]+))?`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def wagewatch_lines(text: str) -> list[list[str]]:
    """Commands of code blocks and of back quotes, as words."""
    lines = re.findall(r"^(wagewatch .*)$", text, re.MULTILINE)
    lines += re.findall(r"`(wagewatch [^`]+)`", text)
    return [shlex.split(line, comments=True)[1:] for line in lines]


def fault(words: list[str]) -> str:
    """What of a command does not exist; empty if all of it does."""
    made: Any = command(context_from_arguments([]))
    options = {"-w", "--lang"}
    rest = iter(words)
    for word in rest:
        if word == "-w":
            next(rest)
        elif word.startswith("-"):
            if word not in options:
                return word
        elif hasattr(made, "commands"):
            if word not in made.commands:
                return word
            made = made.commands[word]
            options |= {name for one in made.params for name in one.opts}
    return "" if not hasattr(made, "commands") else "no command"


def messages() -> set[str]:
    """Every error of the program, with … for what it fills in."""
    texts = (text for key, text in catalogue("zh").items() if key.startswith("errors."))
    return {re.sub(r"\{\w+\}", "…", text).strip() for text in texts}


def test_the_six_pages_are_there():
    assert {page.stem for page in PAGES} == NAMES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_exist_with_their_options(page: Path):
    lines = wagewatch_lines(text_of(page))
    assert [(" ".join(words), fault(words)) for words in lines if fault(words)] == []


def test_a_command_that_does_not_exist_is_noticed():
    assert fault(["-w", "x", "backup", "file", "--key", "k"]) == ""
    assert fault(["-w", "x", "backups", "file"]) == "backups"
    assert fault(["backup", "file", "--password"]) == "--password"
    assert fault(["users"]) == "no command"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_bold_words_are_those_of_pages_and_buttons(page: Path):
    """**…** is the text of a page, heading or button, but for list items that start with it."""
    text = re.sub(r"^\d+\. \*\*[^*]+\*\*：", "", text_of(page), flags=re.MULTILINE)
    shown = {value.strip() for key, value in catalogue("zh").items()}
    assert [word for word in re.findall(r"\*\*([^*]+)\*\*", text) if word not in shown] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_tables_and_columns_are_those_of_the_contract(page: Path):
    tables = [*TABLES.values(), *OWN_TABLES.values()]
    known = {table.zh for table in tables}
    known |= {field.zh for table in tables for field in table.fields}
    assert [word for word in re.findall(r"「([^」]+)」", text_of(page)) if word not in known] == []


def test_required_columns_of_the_import_page_are_all_of_their_table():
    text = text_of(FOLDER / "台账导入.md")
    section = text.split("## 必填列和写法")[1].split("\n其他表")[0]
    rows = re.findall(r"^\| 「([^」]+)」 \| (.+) \|$", section, re.MULTILINE)
    assert len(rows) == 6
    by_name = {table.zh: table for table in TABLES.values()}
    for table, cells in rows:
        required = [field.zh for field in by_name[table].fields if field.required]
        assert re.findall(r"「([^」]+)」", cells) == required, table


def test_messages_are_those_of_the_program():
    headings = re.findall(r"^### (.+)$", text_of(FOLDER / f"{MESSAGES}.md"), re.MULTILINE)
    assert len(headings) >= 15
    known = messages()
    wrong = [one for one in headings if not any(text.startswith(one) for text in known)]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_quoted_sentences_of_pages_exist(page: Path):
    """“…” with a full stop inside is what a page or an error says."""
    shown = [re.sub(r"\{\w+\}", "……", value) for value in catalogue("zh").values()]
    quoted = re.findall(r"“([^”]*。)”", text_of(page))
    assert [one for one in quoted if not any(one in text for text in shown)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_exist(page: Path):
    fields = Settings.model_fields
    for section, key in SECTION.findall(text_of(page)):
        assert section in fields
        if key:
            assert key in fields[section].annotation.model_fields
