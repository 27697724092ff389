"""Data of the records for the pages, collected when a list is published.

The service never opens the record store during a request. What the pages need is stored with the
publication: a dossier per project and one register of all projects, matters and cases.
"""
