"""Packs what an installation without a network needs into one archive.

Usage: python deploy/bundle.py [--platform x86_64] [--python 3.12] [--spark] [--out dist]

It holds the wheels of the run-time lock, the wheels of Wagewatch and of its client, a bill of
materials, digests of all files, ``install.sh`` and the files of ``deploy`` for hosts.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
MACHINES = ("x86_64", "aarch64")
NEWEST_GLIBC_MINOR = 28
"""Wheels need glibc 2.28 at most, which Kylin V10, openEuler 20.03 and Debian 10 have."""

SOURCE_ONLY = {"pyspark"}
"""Distributions without a wheel: one is built, the same for every machine."""

HOST_FILES = ("systemd", "nginx.conf", "Caddyfile", "install.sh")
_PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)(?: ; ([^\\]+?))? \\$")
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@dataclass(frozen=True)
class Target:
    """The machine and the Python that a bundle is for."""

    machine: str
    python: str

    def environment(self) -> dict[str, str]:
        """Return what the markers of the lock ask."""
        return {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": self.machine,
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "python_version": self.python,
            "python_full_version": f"{self.python}.99",
        }

    def pip_options(self) -> list[str]:
        """Return the options by which pip picks the wheels of this target."""
        names = [f"manylinux_2_{minor}" for minor in range(NEWEST_GLIBC_MINOR, 4, -1)]
        names += ["manylinux2014", "manylinux2010", "manylinux1"]
        platforms = [f"--platform={name}_{self.machine}" for name in names]
        version = f"--python-version={self.python}"
        return ["--only-binary=:all:", "--implementation=cp", version, *platforms]


@dataclass(frozen=True)
class Pin:
    """One distribution of a lock, with the digests that its files may have."""

    name: str
    version: str
    digests: tuple[str, ...]

    def lines(self) -> str:
        """Return it as lines of a lock."""
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in self.digests)
        return f"{self.name}=={self.version} \\\n{hashes}\n"


def pins(lock: str, target: Target) -> list[Pin]:
    """Return what of a lock the target needs."""
    found: list[tuple[str, str, list[str]]] = []
    taken: list[str] = []
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            name, version, marker = pin.groups()
            taken = []
            if marker is None or Marker(marker).evaluate(target.environment()):
                found.append((name, version, taken))
        elif "--hash=sha256:" in line:
            taken.append(line.split("--hash=sha256:")[1][:64])
    return [Pin(name, version, tuple(digests)) for name, version, digests in found]


def fetch(wanted: Iterable[Pin], target: Target, folder: Path) -> None:
    """Download the wheels, and build those of distributions that have none."""
    everything = list(wanted)
    wheels = [pin for pin in everything if pin.name not in SOURCE_ONLY]
    sources = [pin for pin in everything if pin.name in SOURCE_ONLY]
    _pip("download", wheels, folder, ["--dest", str(folder), *target.pip_options()])
    if sources:
        _pip("wheel", sources, folder, ["--wheel-dir", str(folder)])


def carried(folder: Path) -> list[Pin]:
    """Return what the wheels in ``folder`` are, each with the one digest of its file."""
    found = []
    for path in sorted(folder.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(path.name)
        found.append(Pin(name, str(version), (digest(path),)))
    return found


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(target: Target, lock: Path, out: Path, built: Path | None = None) -> Path:
    """Make the archive in ``out``; ``built`` is a wheel of Wagewatch, None builds one."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    name = f"wagewatch-{version}-linux-{target.machine}-py{target.python}"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as made:
        folder = Path(made) / name
        _fill(folder, target, lock, version, built)
        archive = out / f"{name}.tar"
        _tar(folder, archive)
    return archive


def _fill(folder: Path, target: Target, lock: Path, version: str, built: Path | None) -> None:
    wheels, clients = folder / "wheels", folder / "clients"
    wheels.mkdir(parents=True)
    clients.mkdir()
    wanted = pins(lock.read_text("utf-8"), target)
    fetch(wanted, target, wheels)
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(pin.lines() for pin in carried(wheels)), "utf-8")
    bill = subprocess.run(
        [sys.executable, str(ROOT / "requirements" / "sbom.py"), str(requirements)],
        check=True,
        capture_output=True,
    )
    (folder / "sbom.cdx.json").write_bytes(bill.stdout)
    if built is None:
        _build(ROOT, wheels)
    else:
        shutil.copy(built, wheels)
    _build(ROOT / "deploy" / "client", clients)
    requirements.write_text("".join(pin.lines() for pin in carried(wheels)), "utf-8")
    _check(carried(wheels), wanted)
    _copy_host_files(folder)
    (folder / "TARGET").write_text(f"{version} {target.machine} {target.python}\n", "utf-8")
    _write_digests(folder)


def _check(found: list[Pin], wanted: list[Pin]) -> None:
    """Every pin has its wheel, and nothing else came along."""
    expected = {(canonicalize_name(pin.name), pin.version) for pin in wanted}
    has = {(pin.name, pin.version) for pin in found if pin.name != "wagewatch"}
    if has != expected:
        sys.exit(f"wheels and lock differ: {sorted(has ^ expected)}")


def _copy_host_files(folder: Path) -> None:
    for name in HOST_FILES:
        source = ROOT / "deploy" / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder)
    for name in ("LICENSE", "THIRD_PARTY_NOTICES.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "docs" / "howto" / "install-offline.md", folder / "INSTALL.md")


def _write_digests(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def _tar(folder: Path, archive: Path) -> None:
    """Wheels are compressed already. Owner and time are not those of this machine."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = 0
        member.mode = 0o755 if member.isdir() or member.name.endswith(".sh") else 0o644
        return member

    with tarfile.open(archive, "w") as file:
        file.add(folder, folder.name, filter=plain)


def _build(project: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)


def _pip(action: str, wanted: list[Pin], folder: Path, options: list[str]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(pin.lines() for pin in wanted))
        file.flush()
        whole = [*_PIP, action, "--no-deps", "--require-hashes", "-r", file.name, *options]
        if subprocess.run(whole, check=False).returncode != 0:
            sys.exit(f"pip could not fetch every wheel for {folder.parent.name}; see above")


def main() -> None:
    """Make the bundle that the command line asks for."""
    asked = argparse.ArgumentParser(description="Bundle for an installation without a network")
    asked.add_argument("--platform", choices=MACHINES, default=platform.machine())
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked.add_argument("--python", default=version, help="its version, such as 3.12")
    asked.add_argument("--spark", action="store_true", help="with the Spark engine")
    asked.add_argument("--out", type=Path, default=ROOT / "dist")
    asked.add_argument("--wheel", type=Path, help="wheel of Wagewatch to take")
    given = asked.parse_args()
    if not re.fullmatch(r"3\.\d+", given.python):
        asked.error(f"--python: {given.python} is no version such as 3.12")
    if given.platform not in MACHINES:
        asked.error(f"--platform: {given.platform}; allowed: {', '.join(MACHINES)}")
    lock = ROOT / "requirements" / ("spark.txt" if given.spark else "runtime.txt")
    archive = pack(Target(given.platform, given.python), lock, given.out, given.wheel)
    size = archive.stat().st_size / 1e6
    print(f"{archive}: {size:.0f} MB, SHA-256 {digest(archive)}")


if __name__ == "__main__":
    main()
