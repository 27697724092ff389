"""The feature cache: one Parquet file per family and date; only changed ones are computed.

``dependencies`` finds the stored tables a family reads, ``fingerprint`` makes the cache key from
their rows before a date, ``store`` reads and writes the files, and ``cached_matrix`` assembles a
matrix from them and computes the missing ones. Deleting the folder is always safe: everything in it
can be recomputed.
"""
