"""Intake: files of records in, nothing lost.

Readers give rows, ``headers`` and ``parsing`` understand them, ``checks`` judges them, ``storing``
keeps what is new, ``quarantine`` keeps what has to be mended; ``importing`` drives it all.
Checking a row (``batches``) needs no engine; a service does it without importing one.
"""
