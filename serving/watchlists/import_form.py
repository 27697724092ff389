"""Lists in the import form of another platform: its headings, codes, units and formats.

The form is a TOML file of the office. Values are taken from the sealed list as they are; a code
without a counterpart in the form is an error, never a guess.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from risk.locale import Language, text
from risk.workspace import Workspace
from serving.documents.csv import Cell, to_csv
from serving.errors import ApiError
from serving.watchlists.columns import columns_of
from serving.watchlists.texts import Document

FIELDS_OF_LIST = ("as_of", "region")
"""Fields of the list itself; the others are the columns of its workbook."""

FOLDER = "import_forms"
"""Folder of the workspace with the forms that the page of the list offers."""

_NAME = re.compile(r"[\w()（）-]{1,60}")
_CODED = ("tier", "selection")
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class FormProblem:
    """Setting of a form that is not allowed; ``allowed`` is a key below ``exports.form``."""

    setting: str
    found: str
    allowed: str
    names: str = ""

    def message(self, language: Language) -> str:
        """Return the problem in ``language``."""
        allowed = text(f"exports.form.{self.allowed}", language, names=self.names)
        fields = {"setting": self.setting, "found": self.found, "allowed": allowed}
        return text("exports.form.problem", language, **fields)


class FormInvalid(ApiError):
    """A form cannot be used. Carries ``problems``, all of them."""

    code = "import_form_invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: Sequence[FormProblem]) -> None:
        super().__init__(problems=tuple(problems))

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``, one line per problem."""
        lines = "\n".join(problem.message(language) for problem in self.fields["problems"])
        return text(f"errors.{self.code}", language, problems=lines)


class FormUnknown(ApiError):
    """The workspace has no form of this name. Carries ``name``."""

    code = "import_form_unknown"
    status = HTTPStatus.NOT_FOUND


class FormCodeMissing(ApiError):
    """A form has no code for a value. Carries ``heading``, ``found`` and ``allowed``."""

    code = "import_form_code_missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class FormColumn(BaseModel):
    """Column of a form: a field of the list, or a fixed ``value``.

    ``codes`` maps values of the field to those of the platform. Numbers are divided by ``unit``
    (yuan by 10000 for 万元) and have ``decimals``; dates are written as ``date_format``. ``empty``
    is written where the list knows no value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    heading: Annotated[str, Field(min_length=1, max_length=100)]
    field: str = ""
    value: Annotated[str, Field(max_length=500)] | None = None
    codes: Mapping[str, str] = {}
    unit: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    date_format: Annotated[str, Field(max_length=40)] = ""
    empty: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.field) == (self.value is not None):
            raise ValueError(self.field)
        return self


class ImportForm(BaseModel):
    """Import form: name of the sheet, encoding of CSV files, format of dates, and columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: Annotated[str, Field(pattern=r"^[^\[\]:*?/\\']{1,31}$")] = "Sheet1"
    encoding: Literal["utf-8-sig", "utf-8", "gb18030"] = "utf-8-sig"
    date_format: Annotated[str, Field(max_length=40)] = "%Y-%m-%d"
    columns: Annotated[tuple[FormColumn, ...], Field(min_length=1, max_length=200)]


def read_form(path: Path) -> ImportForm:
    """Return the form in a TOML file.

    Raises:
        FormInvalid: the file cannot be read, or settings in it are not allowed.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(_MOST_BYTES).decode("utf-8-sig"))
        return ImportForm(**values)
    except ValidationError as error:
        raise FormInvalid(_problems(error)) from error
    except (OSError, ValueError) as error:
        raise FormInvalid([FormProblem(path.name, type(error).__name__, "file")]) from error


def form_names(workspace: Workspace) -> list[str]:
    """Return the names of the forms in the workspace's folder, sorted."""
    names = (path.stem for path in _folder(workspace).glob("*.toml"))
    return sorted(name for name in names if _NAME.fullmatch(name))


def named_form(workspace: Workspace, name: str) -> ImportForm:
    """Return a form of the workspace.

    Raises:
        FormUnknown: there is none of this name.
        FormInvalid: it cannot be used.
    """
    if name not in form_names(workspace):
        raise FormUnknown(name=name)
    return read_form(_folder(workspace) / f"{name}.toml")


def _folder(workspace: Workspace) -> Path:
    return workspace.root / FOLDER


def form_rows(
    form: ImportForm, document: Document, language: Language
) -> tuple[list[str], list[list[Cell]]]:
    """Return the headings and the rows of a list, one per entry.

    Raises:
        FormInvalid: the list has no such field.
        FormCodeMissing: the form has no code for a value.
    """
    known = {column.name: column for column in columns_of(document)}
    allowed = [*FIELDS_OF_LIST, *known]
    problems = [
        FormProblem(one.heading, one.field, "one_of", ", ".join(allowed))
        for one in form.columns
        if one.field and one.field not in allowed
    ]
    if problems:
        raise FormInvalid(problems)

    def raw(column: FormColumn, entry: Document) -> Any:
        if column.field in FIELDS_OF_LIST:
            return document[column.field]
        if column.field in _CODED:
            return entry[column.field]
        return known[column.field].cell(entry, language)

    rows = [
        [
            column.value if column.value is not None else _cell(form, column, raw(column, entry))
            for column in form.columns
        ]
        for entry in document["entries"]
    ]
    return [column.heading for column in form.columns], rows


def form_csv(form: ImportForm, document: Document, language: Language) -> bytes:
    """Return a list in a form as CSV; texts that begin like a formula are escaped."""
    headings, rows = form_rows(form, document, language)
    content = to_csv(headings, rows).decode("utf-8")
    return content.encode(form.encoding, "replace")


def form_xlsx(form: ImportForm, document: Document, language: Language) -> bytes:
    """Return a list in a form as XLSX. Texts are written as strings, never as formulas or links."""
    import xlsxwriter

    headings, rows = form_rows(form, document, language)
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime.fromisoformat(document["as_of"])})
        sheet = book.add_worksheet(form.sheet)
        table: list[Sequence[Cell]] = [headings, *rows]
        for number, cells in enumerate(table):
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                elif cell is not None:
                    sheet.write_number(number, place, cell)
    return memory.getvalue()


def _cell(form: ImportForm, column: FormColumn, value: Any) -> Cell:
    if value is None or value == "":
        return column.empty
    if column.codes:
        return _code(column, str(value))
    if column.field == "as_of":
        day = dt.date.fromisoformat(str(value))
        return day.strftime(column.date_format or form.date_format)
    if isinstance(value, int | float):
        return _number(column, value)
    return str(value)


def _code(column: FormColumn, value: str) -> str:
    if value not in column.codes:
        allowed = ", ".join(column.codes)
        raise FormCodeMissing(heading=column.heading, found=value, allowed=allowed)
    return column.codes[value]


def _number(column: FormColumn, value: float) -> int | float:
    scaled = value / column.unit if column.unit != 1 else value
    if column.decimals is None:
        return scaled
    return round(scaled, column.decimals) if column.decimals else round(scaled)


def _problems(error: ValidationError) -> list[FormProblem]:
    return [_problem(one) for one in error.errors()]


def _problem(error: ErrorDetails) -> FormProblem:
    path = [str(part) for part in error["loc"]]
    names = [one for one in path if not one.isdigit()]
    if error["type"] == "extra_forbidden":
        key = "unknown_setting"
    else:
        # A column has either a field or a value; every other check is of one setting.
        key = names[1] if names[0] == "columns" and len(names) > 1 else names[0]
        key = "field_or_value" if key == "columns" and len(path) > 1 else key
    return FormProblem(".".join(path), repr(error["input"])[:80], key)
