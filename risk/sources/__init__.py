"""Sources that records are pulled from: platforms, databases and folders of other systems.

One file per kind of source. Each yields rows, which are imported like files, with the same closing
account, quarantine and versions.
"""
