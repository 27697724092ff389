"""Wrong command lines are answered in the language of the call, whatever library parses them."""

from __future__ import annotations

import re

import pytest

from serving.cli.main import main
from serving.terminal.usage_errors import usage_error

WRONG = {
    "pulish": "没有 pulish 这个命令，是否指 publish, pull？",
    "xyzzy": "没有 xyzzy 这个命令。",
    "train --as-fo 2025-01-01": "没有 --as-fo 这个选项，是否指 --as-of？",
    "records --xyzzy": "没有 --xyzzy 这个选项。",
    "models": "缺少子命令。",
    "train": "缺少选项 --as-of。",
    "explain": "缺少参数 PROJECT。",
    "train --as-of": "选项 --as-of 后面没有值。",
    "watchlist --help=3": "选项 --help 后面不写值。",
    "train --as-of 2025-01-01 x y": "多出的内容：x y。",
    "train --as-of 2025-13-01": "--as-of 的值有误：2025-13-01 不是 YYYY-MM-DD 形式的日期。",
    "publish --as-of 2025-01-01 --capacity many": "--capacity 的值有误：应为整数。",
    "publish --as-of 2025-01-01 --capacity 0": "--capacity 的值有误：应不小于 1。",
    "serve --port 70000": "--port 的值有误：应不大于 65535。",
    "watchlist --format doc": "--format 的值有误：doc 不可用，可用：table, json, csv, xlsx。",
    "archive move nowhere --before 2025-01-01": "FOLDER 的值有误：找不到 nowhere。",
    "archive verify .": "FILE 的值有误：. 是文件夹，应为文件。",
    "briefing --out x.docx": "--month / --year 的值有误：请给出 --month 或 --year 其中之一。",
    "watchlist --format xlsx": "--out 的值有误：xlsx 需写入文件，请给出 --out 文件名。",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_command_lines_are_answered_in_chinese(line, capsys, workspace):
    assert main(["-w", str(workspace.root), *line.split()]) == 2
    hint = " 用法见 wagewatch --help 或 wagewatch 命令 --help。"
    assert capsys.readouterr().err == f"用法有误：{WRONG[line]}{hint}\n"


@pytest.mark.parametrize("line", WRONG)
def test_wrong_command_lines_are_answered_in_english(line, capsys, workspace):
    assert main(["-w", str(workspace.root), "--lang", "en", *line.split()]) == 2
    found = capsys.readouterr().err
    assert found.startswith("Wrong use: ")
    assert not re.search("[一-鿿]", found)


def test_a_sentence_about_a_value_ends_once():
    assert (
        usage_error("Invalid value for '--out': 请用 .csv。", "zh") == "--out 的值有误：请用 .csv。"
    )
    assert usage_error("Something of a later version", "zh") == "Something of a later version"
