"""What the pages show beside a score, gathered when a list is published.

The service never opens the record store while it answers, so what a page needs of the records is
kept with the publication: a dossier per project, and one register of them all.
"""
