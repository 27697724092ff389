"""The bundle to install from without a network; test_wheel.py builds and installs a whole one."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = "\n".join(
    [
        "colorama==0.4.6 ; sys_platform == 'win32' \\",
        f"    --hash=sha256:{'1' * 64}",
        "numpy==2.4.6 ; python_full_version < '3.12' \\",
        f"    --hash=sha256:{'2' * 64} \\",
        f"    --hash=sha256:{'3' * 64}",
        "numpy==2.5.5 ; python_full_version >= '3.12' \\",
        f"    --hash=sha256:{'4' * 64}",
        "only-arm==1.0 ; platform_machine == 'aarch64' \\",
        f"    --hash=sha256:{'5' * 64}",
        "zipp==4.1.2 \\",
        f"    --hash=sha256:{'6' * 64}",
    ]
)


@pytest.fixture(scope="module")
def bundle():
    """The module ``deploy/bundle.py``, which is no part of a package."""
    about = importlib.util.spec_from_file_location("bundle", ROOT / "deploy/bundle.py")
    module = importlib.util.module_from_spec(about)
    sys.modules["bundle"] = module
    about.loader.exec_module(module)
    yield module
    del sys.modules["bundle"]


def test_a_target_gets_the_pins_whose_markers_hold_there(bundle):
    def chosen(machine: str, python: str) -> list[tuple[str, str]]:
        found = bundle.pins(LOCK, bundle.Target(machine, python))
        return [(pin.name, pin.version) for pin in found]

    assert chosen("x86_64", "3.11") == [("numpy", "2.4.6"), ("zipp", "4.1.2")]
    assert chosen("x86_64", "3.12") == [("numpy", "2.5.5"), ("zipp", "4.1.2")]
    assert chosen("aarch64", "3.13") == [
        ("numpy", "2.5.5"),
        ("only-arm", "1.0"),
        ("zipp", "4.1.2"),
    ]


def test_every_digest_of_a_pin_is_kept_and_no_other(bundle):
    numpy, zipp = bundle.pins(LOCK, bundle.Target("x86_64", "3.11"))
    assert numpy.digests == ("2" * 64, "3" * 64)
    assert zipp.lines() == f"zipp==4.1.2 \\\n    --hash=sha256:{'6' * 64}\n"
    assert bundle.pins(numpy.lines() + zipp.lines(), bundle.Target("x86_64", "3.11")) == [
        numpy,
        zipp,
    ]


def test_wheels_need_no_newer_glibc_than_2_28(bundle):
    options = bundle.Target("aarch64", "3.12").pip_options()
    platforms = [one.removeprefix("--platform=") for one in options if "--platform=" in one]
    assert platforms[0] == "manylinux_2_28_aarch64"
    assert {"manylinux_2_17_aarch64", "manylinux2014_aarch64"} < set(platforms)
    assert "manylinux_2_29_aarch64" not in platforms
    assert "--python-version=3.12" in options


def test_a_wheel_too_many_or_too_few_is_refused(bundle):
    wanted = bundle.pins(LOCK, bundle.Target("x86_64", "3.11"))
    own = bundle.Pin("wagewatch", "0.1.0", ())
    bundle._check([*wanted, own], wanted)
    for found in (wanted[:1], [*wanted, bundle.Pin("extra", "1", ())]):
        with pytest.raises(SystemExit, match=r"wheels and lock differ: .*(zipp|extra)"):
            bundle._check(found, wanted)


@pytest.fixture
def unpacked(tmp_path, bundle) -> Path:
    """A bundle for this machine without wheels, which nothing but the checks may touch."""
    shutil.copy(ROOT / "deploy/install.sh", tmp_path)
    machine = subprocess.run(["uname", "-m"], capture_output=True, check=True, text=True).stdout
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / "TARGET").write_text(f"0.1.0 {machine.strip()} {python}\n")
    (tmp_path / "requirements.txt").write_text(f"absent==1 \\\n    --hash=sha256:{'1' * 64}\n")
    (tmp_path / "wheels").mkdir()
    bundle._write_digests(tmp_path)
    return tmp_path


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["env", f"PYTHON={sys.executable}", "sh", "install.sh", str(folder / "opt")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("0.1.0 pdp11 3.11\n", "the bundle is for pdp11"),
        ("0.1.0 MACHINE 3.99\n", "name another: PYTHON=python3.99 sh install.sh"),
    ],
)
def test_a_bundle_for_another_machine_or_python_is_refused(unpacked, bundle, target, said):
    machine = (unpacked / "TARGET").read_text().split()[1]
    (unpacked / "TARGET").write_text(target.replace("MACHINE", machine))
    (unpacked / "SHA256SUMS").unlink()
    bundle._write_digests(unpacked)
    done = install(unpacked)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (unpacked / "opt").exists()


def test_a_file_that_was_changed_is_noticed_first(unpacked):
    with (unpacked / "requirements.txt").open("a") as file:
        file.write("another==1\n")
    done = install(unpacked)
    assert done.returncode == 1
    assert "requirements.txt: FAILED" in done.stdout + done.stderr
    assert "a file of the bundle is damaged or was changed" in done.stderr
    assert not (unpacked / "opt").exists()


def test_digests_are_those_of_the_files(unpacked):
    lines = dict(
        reversed(line.split("  ")) for line in (unpacked / "SHA256SUMS").read_text().splitlines()
    )
    assert set(lines) == {"TARGET", "install.sh", "requirements.txt"}
    assert lines["TARGET"] == hashlib.sha256((unpacked / "TARGET").read_bytes()).hexdigest()
