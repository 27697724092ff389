"""Import of record files; every row is accounted for.

``readers`` yield rows, ``headers`` and the parsers turn them into typed columns, ``checks``
validates them, ``staging`` stores new versions, and ``quarantine`` stores rows to be corrected;
``importer`` runs all of it. ``row_parser`` needs no database engine, so that the service can
validate rows without importing one.
"""
