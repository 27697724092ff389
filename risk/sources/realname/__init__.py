"""Kind ``realname``: the open interface of the national construction-worker platform (实名制).

Its answers hold persons: only the fields of a dialect leave the parser, and identities only as
hashes that live for one run.
"""

from risk.sources.realname.settings import RealnameSettings as Settings
from risk.sources.realname.source import open_source

__all__ = ["Settings", "open_source"]
