"""Audit log: entries of reads and writes, audited writes, page and endpoint."""
