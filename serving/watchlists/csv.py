"""A watchlist as CSV."""

from __future__ import annotations

from risk.locale import Language, text
from serving.documents.csv import to_csv
from serving.watchlists import texts
from serving.watchlists.columns import columns_of
from serving.watchlists.texts import Document


def watchlist_csv(document: Document, language: Language) -> bytes:
    """A list as CSV with a byte order mark, one row per entry."""
    columns = columns_of(document)
    headings = [texts.column(column.name, document, language) for column in columns]
    headings.append(text("exports.columns.model", language))
    model = texts.model_name(document, language)
    rows = (
        [*(column.cell(entry, language) for column in columns), model]
        for entry in document["entries"]
    )
    # Without the byte order mark Excel would not see that the Chinese is UTF-8.
    return b"\xef\xbb\xbf" + to_csv(headings, rows)
