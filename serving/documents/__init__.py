"""Renderings of sealed documents: terminal, CSV, workbook. They read documents, never records."""
