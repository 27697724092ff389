"""Features kept month by month, so that only what is new or touched is computed.

``reading`` says which stored tables each family reads, ``keys`` what the records say about them
before a date, ``parts`` keeps one family at one date as a Parquet file that carries its key, and
``building`` puts a matrix together from parts, computing those that are missing. Deleting the
folder is always safe: it holds nothing that cannot be computed again.
"""
