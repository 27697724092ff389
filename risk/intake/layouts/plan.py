"""Decision how the sheets of a file are read: through a layout, by synonyms, or as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from risk.contract import Table
from risk.intake.file_errors import IntakeFailure
from risk.intake.headings import HeadingMatcher
from risk.intake.layouts.heads import one_line
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout, read_layouts
from risk.intake.layouts.matching import Match, Reason
from risk.intake.layouts.names import Namer
from risk.intake.layouts.proposal import SheetProposal, propose_sheet
from risk.intake.layouts.translation import (
    FIRMS,
    Changes,
    TranslatedSheet,
    has_head,
    is_name,
    layout_matcher,
)
from risk.intake.layouts.vocabulary import Vocabulary, vocabulary
from risk.intake.readers.sheet import Sheet
from risk.workspace import Workspace


class LayoutChanged(IntakeFailure):
    """The head is no longer that of the file's layout. Carries ``layout``, ``added``, ``gone``."""

    code = "layout_changed"


class LayoutUnconfirmed(IntakeFailure):
    """The file's layout has not been confirmed since it was changed. Carries ``layout``."""

    code = "layout_unconfirmed"


@dataclass(frozen=True)
class OfficeLayouts:
    """Layouts and synonyms of an office; ``county`` is the code of its only county, if it has one."""

    layouts: tuple[Layout, ...] = ()
    vocabulary: Vocabulary = field(default_factory=vocabulary)
    county: str = ""


@dataclass(frozen=True)
class ReadingPlan:
    """How a file is read.

    ``layout`` is the name of the layout, empty where the file is read without one. ``match`` is
    None where the contract's own headings count. ``asked`` are columns not used because their
    field is not certain enough.
    """

    table: Table | None
    sheets: Sequence[Sheet]
    match: HeadingMatcher | None = None
    layout: str = ""
    asked: tuple[Match, ...] = ()
    changes: Changes = field(default_factory=Changes)


def office_layouts(workspace: Workspace, county: str = "") -> OfficeLayouts:
    """Layouts of ``workspace`` and its own synonyms.

    Raises:
        LayoutInvalid: a layout file is not valid.
    """
    own = workspace.layouts / OWN_SYNONYMS
    layouts = [one for one in read_layouts(workspace.layouts) if one.name != own.stem]
    return OfficeLayouts(tuple(layouts), vocabulary(own), county)
