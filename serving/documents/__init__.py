"""The document model and its renderers: DOCX, HTML, PDF, XLSX, CSV and plain text tables."""
