from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import httpx
import openpyxl
import pytest

from risk.locale import LANGUAGES
from risk.workspace import Workspace
from serving.cli.main import COMMANDS, GROUPS, command, main, named_command
from serving.terminal.context import CliContext
from serving.terminal.dates import repeat_date_option

from ...conftest import thorough

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    *("pandas", "lightgbm", "shap", "mlflow", "numpy", "duckdb", "sqlalchemy", "fastapi"),
    *("pydantic", "pyarrow", "sklearn", "alembic", "uvicorn", "xlsxwriter", "rich", "pyspark"),
)


def _every_command(language="zh"):
    root = command(CliContext(Workspace(Path("workspace")), language))

    def walk(node, path):
        yield path, node
        for name, child in getattr(node, "commands", {}).items():
            yield from walk(child, (*path, name))

    return list(walk(root, ()))


@pytest.mark.parametrize("call", ["import serving.cli.main", "main(['--help'])"])
def test_help_imports_nothing_heavy(call):
    code = (
        f"import sys; from serving.cli.main import main; {call};"
        f" print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("score --as-of 2025-06-01", "score"),
        ("-w score watchlist", "watchlist"),
        ("--workspace=office --lang=en models list", "models"),
        ("--lang en --workspace office models --help", "models"),
        ("--help score", None),
        ("-h score", None),
        ("--version score", None),
        ("-woffice score", None),
        ("-- score", None),
        ("scroe", None),
        ("-w", None),
        ("-w score", None),
        ("", None),
    ],
)
def test_only_the_command_of_a_line_is_built(line, name):
    assert named_command(line.split()) == name


def test_a_command_built_alone_has_the_same_help():
    cli = CliContext(Workspace(Path("workspace")), "en")
    whole = command(cli)
    for name in ("score", "models"):
        alone = command(cli, name)
        assert list(alone.commands) == [name]
        shown = [
            root.commands[name].get_help(
                root.commands[name].make_context(name, ["--x"], resilient_parsing=True)
            )
            for root in (alone, whole)
        ]
        assert shown[0] == shown[1] != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_and_parameters_have_help(language):
    found = _every_command(language)
    assert len(found) >= 1 + len(COMMANDS) + len(GROUPS) + 20
    for path, node in found:
        assert node.help, path
        for parameter in node.params:
            assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize("path", [path for path, _ in _every_command()], ids=" ".join)
def test_commands_show_help(path, capsys):
    """With its frame in Chinese, which Typer writes in English."""
    assert main([*path, "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("用法：wagewatch")
    assert not [word for word in ("Usage", "Options:", "Commands:", "Arguments:") if word in page]
    assert "[required]" not in page
    assert "[default" not in page
    assert page.rstrip().partition("--help")[2].strip().startswith("显示本说明")


def test_the_frame_of_help_in_english_is_that_of_typer(capsys):
    assert main(["--lang", "en", "score", "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("Usage: wagewatch score [OPTIONS]")
    assert "Show this message and exit." in page
    assert "[default: duckdb]" in page


def test_no_command_shows_help(capsys):
    assert main([]) == 0
    assert "wagewatch" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("wagewatch ")


def test_help_follows_the_language_option(capsys, monkeypatch, workspace):
    main(["--lang", "en", "train", "--help"])
    assert "Train on what was known" in capsys.readouterr().out
    monkeypatch.setenv("WAGEWATCH_LANG", "en")
    main(["train", "--help"])
    assert "Train on what was known" in capsys.readouterr().out
    monkeypatch.delenv("WAGEWATCH_LANG")
    main(["train", "--help"])
    assert "训练模型" in capsys.readouterr().out
    workspace.settings_file.write_text('language = "en"')
    main(["-w", str(workspace.root), "train", "--help"])
    assert "Train on what was known" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["train"],
        ["train", "--as-of", "2025-13-01"],
        ["train", "--as-of", "01.02.2025"],
        ["watchlist", "--format", "pdf"],
        ["watchlist", "--format", "xlsx"],
        ["publish", "--as-of", "2025-01-01", "--capacity", "0"],
        ["publish", "--as-of", "2025-01-01", "--capacity", "many"],
        ["serve", "--port", "70000"],
        ["explain"],
        ["models"],
        ["--lang", "fr", "records"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_print_one_line_and_exit_2(arguments, capsys, workspace):
    assert main(["-w", str(workspace.root), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("用法有误：")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["records"],
        ["train", "--as-of", "2025-01-01"],
        ["publish", "--as-of", "2025-01-01"],
        ["watchlist"],
        ["explain", "P"],
        ["serve", "--port", "0"],
        ["models", "list"],
    ],
    ids=" ".join,
)
def test_commands_refuse_a_folder_without_workspace(arguments, capsys, tmp_path):
    assert main(["-w", str(tmp_path), *arguments]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_as_of_takes_several_dates():
    assert repeat_date_option(
        ["--as-of", "2025-01-01", "2025-02-01", "2025-03-01", "--out", "f"]
    ) == [
        *("--as-of", "2025-01-01", "--as-of", "2025-02-01", "--as-of", "2025-03-01"),
        *("--out", "f"),
    ]
    repeated = ["--as-of", "2025-01-01", "--as-of", "2025-02-01"]
    assert repeat_date_option(repeated) == repeated
    assert repeat_date_option(["explain", "2025-01-01"]) == ["explain", "2025-01-01"]


def test_init_creates_a_workspace_once(tmp_path, capsys):
    root = tmp_path / "new" / "office"
    assert main(["-w", str(root), "init"]) == 0
    written = (root / "wagewatch.toml").read_bytes()
    assert "薪哨".encode() in written
    assert main(["-w", str(root), "init"]) == 1
    assert (root / "wagewatch.toml").read_bytes() == written
    assert capsys.readouterr().err.count("\n") == 1


def test_records_of_an_empty_workspace(workspace, capsys):
    assert main(["-w", str(workspace.root), "records", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["tables"]) == 15
    assert "projects" in report["missing_feeds"]
    assert report["tables"][0]["quarantined"] == 0
    assert main(["-w", str(workspace.root), "records"]) == 0
    out = capsys.readouterr().out
    assert "工资发放" in out
    assert "缺少的数据" in out


def test_busy_record_store_prints_one_line(wagewatch, workspace):
    with duckdb.connect(str(workspace.records)):
        done = wagewatch("records")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "正被" in done.stderr


def test_watchlist_table_in_a_pipe_has_no_control_codes(wagewatch, publish):
    publish()
    done = wagewatch("watchlist", FORCE_COLOR="1", TERM="xterm-256color")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "模拟花园一期" in done.stdout


def test_formats(wagewatch, publish, publication, tmp_path):
    publish()
    body = publication().seal().watchlist.body
    assert wagewatch("watchlist", "--format", "json", binary=True).stdout == body + b"\n"
    to_pipe = wagewatch("watchlist", "--format", "csv", binary=True).stdout
    target = tmp_path / "list.csv"
    done = wagewatch("watchlist", "--format", "csv", "--as-of", "2025-06-01", "--out", str(target))
    assert (done.returncode, target.read_bytes()) == (0, to_pipe)
    book = tmp_path / "list.xlsx"
    assert wagewatch("watchlist", "--format", "xlsx", "--out", str(book)).returncode == 0
    assert openpyxl.load_workbook(book).active.title == "预警名单"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_unwritable_file_prints_one_line(wagewatch, publish):
    publish()
    done = wagewatch("--lang", "en", "watchlist", "--format", "csv", "--out", "/no/such/file.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("Cannot write /no/such/file.csv")
    assert done.stderr.count("\n") == 1


def test_explain(wagewatch, publish, publication):
    publish()
    done = wagewatch("explain", "P/000")
    assert done.returncode == 0
    assert "工资到期未足额发放" in done.stdout
    as_json = wagewatch("explain", "P/000", "--json", "--as-of", "2025-06-01", binary=True)
    assert as_json.stdout == publication().seal().risks["P/000"].body + b"\n"
    unknown = wagewatch("explain", "P/999")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)


def test_nothing_published_says_what_to_do(wagewatch):
    for arguments in (["watchlist"], ["explain", "P"]):
        done = wagewatch("--lang", "en", *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "wagewatch publish" in done.stderr


def test_commands_refuse_a_wrong_setting(wagewatch, workspace):
    workspace.settings_file.write_text("[policy]\ncapacity = 0")
    done = wagewatch("watchlist")
    assert done.returncode == 1
    assert "policy.capacity" in done.stderr
    assert done.stderr.count("\n") == 1


def test_unexpected_error_prints_one_line_and_is_logged(wagewatch, workspace):
    code = (
        "import serving.ingest.records_commands as r, serving.cli.main as m\n"
        "def broken(*_): raise ZeroDivisionError('by nought\\nand more')\n"
        "r.open_records = broken\n"
        f"raise SystemExit(m.main(['-w', {str(workspace.root)!r}, 'records']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 1
    assert "ZeroDivisionError: by nought" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" in (workspace.root / "error.log").read_text()


def test_closed_standard_output_is_no_error(workspace, publish):
    publish(listed=6, cohort=6)
    command_line = f"{sys.executable} -c 'from serving.cli.main import run; run()' watchlist"
    done = subprocess.run(
        f"{command_line} | head -c 10",
        shell=True,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "WAGEWATCH_WORKSPACE": str(workspace.root)},
    )
    assert done.stderr == b""


def _served(workspace: Workspace, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", "from serving.cli.main import run; run()", "serve", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "WAGEWATCH_WORKSPACE": str(workspace.root), "WAGEWATCH_LANG": "en"},
    )
    assert process.stderr is not None
    return process, process.stderr.readline().split()[2]


@thorough
@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_serve_stops_on_a_signal(workspace, publish, signal_number):
    publish()
    process, url = _served(workspace, "--port", "0")
    try:
        answer = httpx.get(f"{url}/v1/watchlists/latest", timeout=60, trust_env=False)
        assert answer.status_code == 200
        process.send_signal(signal_number)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        assert process.stderr is not None
        said = process.stderr.read()
        process.stderr.close()
    assert said.splitlines()[-1] == "Stopped."
    assert "users add" in said
    assert not (workspace.root / "service.log").exists()


@thorough
def test_serve_on_a_taken_port_prints_one_line(workspace, wagewatch):
    process, url = _served(workspace, "--port", "0")
    try:
        done = wagewatch("serve", "--port", url.rsplit(":", 1)[1])
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "--port" in done.stderr
    finally:
        process.terminate()
        process.wait(timeout=20)
        assert process.stderr is not None
        process.stderr.close()


def test_simulate(wagewatch, tmp_path):
    out = tmp_path / "county"
    done = wagewatch("simulate", str(out), "--projects", "20", "--months", "12", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert (out / "projects.csv").is_file()
    assert "%" in done.stderr
    assert "\x1b" not in done.stderr
