"""The version of the code, which lists are sealed with."""

from __future__ import annotations

import hashlib

from serving.version import code_digest


def test_the_digest_is_of_names_and_bytes_without_the_site_of_the_documentation(tmp_path):
    site = tmp_path / "serving/help/site"
    site.mkdir(parents=True)
    (tmp_path / "serving/help/pages.py").write_bytes(b"A = 1\n")
    (tmp_path / "risk").mkdir()
    (tmp_path / "risk/law.toml").write_bytes(b"a = 1\n")
    (tmp_path / "risk/law.pyc").write_bytes(b"not hashed")
    (site / "search_index.json").write_bytes(b"{}")
    parts = [b"risk/law.toml", b"a = 1\n", b"serving/help/pages.py", b"A = 1\n"]
    expected = hashlib.sha256(b"".join(part + b"\0" for part in parts)).hexdigest()
    assert code_digest(tmp_path) == expected
    (tmp_path / "serving/help/site.json").write_bytes(b"{}")
    assert code_digest(tmp_path) != expected
