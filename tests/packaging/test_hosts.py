"""Files for hosts: units of systemd, web servers in front, containers, Kubernetes."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.data_entry.files import MAX_UPLOAD

from ..conftest import require_program

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
JOBS = [UNITS / "wagewatch-backup.service", UNITS / "wagewatch-monthly.service"]
TIMERS = sorted(UNITS.glob("*.timer"))


def settings_of(unit: Path) -> dict[str, str]:
    """The settings of a unit; no name is used twice in ours."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and line[0] not in "#["]
    assert len({name for name, _ in pairs}) == len(pairs), unit.name
    return dict(pairs)


def program(unit: Path) -> list[str]:
    """The words of the command of a unit, as systemd passes them on."""
    start = settings_of(unit)["ExecStart"].replace("$$", "$").replace("%%", "%")
    return shlex.split(start)


def test_there_is_a_timer_for_each_job():
    assert {unit.stem for unit in TIMERS} == {unit.stem for unit in JOBS}
    assert {unit.stem for unit in SERVICES} - {unit.stem for unit in JOBS} == {"wagewatch"}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_runs_locked_up_as_the_user_and_after_the_database(unit):
    found = settings_of(unit)
    assert found["User"] == "wagewatch"
    assert {"postgresql.service", "network-online.target"} <= set(found["After"].split())
    assert found["SystemCallFilter"] == "@system-service"
    assert found["ProtectSystem"] == "strict"
    assert found["CapabilityBoundingSet"] == ""
    assert found["NoNewPrivileges"] == "yes"


def test_the_service_is_started_again_after_a_failure():
    found = settings_of(UNITS / "wagewatch.service")
    assert (found["Restart"], found["RestartSec"]) == ("on-failure", "5")
    assert found["StartLimitIntervalSec"] == "0"
    monthly = settings_of(UNITS / "wagewatch-monthly.service")
    # A oneshot unit with Restart is refused by systemd before 244, which Kylin V10 has.
    assert (monthly["Type"], monthly["Restart"]) == ("exec", "on-failure")


@pytest.mark.parametrize("unit", JOBS, ids=lambda unit: unit.stem)
def test_the_command_of_a_job_names_the_day(unit):
    shell, option, line = program(unit)
    assert (shell, option) == ("/bin/sh", "-c")
    said = line.replace("exec /opt/wagewatch/.venv/bin/wagewatch", "echo")
    done = subprocess.run([shell, option, said], capture_output=True, text=True, check=True)
    day = r"20\d\d-[01]\d-[0-3]\d"
    assert re.fullmatch(
        rf"monthly --as-of 20\d\d-[01]\d-01|backup /media/backup/{day}\.tar\.gz",
        done.stdout.strip(),
    )


def test_a_backup_can_be_written_where_the_command_writes_it():
    unit = UNITS / "wagewatch-backup.service"
    assert f'"{settings_of(unit)["ReadWritePaths"]}/' in settings_of(unit)["ExecStart"]


def test_web_servers_pass_on_what_the_service_takes():
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    (megabytes,) = re.findall(r"client_max_body_size +(\d+)m;", nginx)
    assert int(megabytes) * 2**20 >= MAX_UPLOAD
    (megabytes,) = re.findall(r"max_size (\d+)MB", caddy)
    assert int(megabytes) * 1_000_000 >= MAX_UPLOAD
    # Appended, a client could choose the address by which sign-ins are limited.
    assert "X-Forwarded-For $remote_addr;" in nginx


def test_nginx_accepts_its_example(tmp_path):
    nginx = require_program("nginx", Path("/usr/sbin"))
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    _certificate(key, certificate)
    example = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    example = example.replace("/etc/ssl/wagewatch.crt", str(certificate))
    example = example.replace("/etc/ssl/wagewatch.key", str(key))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; events {{}} http {{ {example} }}", encoding="utf-8")
    command = [nginx, "-t", "-q", "-e", "stderr", "-c", whole]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _certificate(key: Path, certificate: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wagewatch.example")])
    began = dt.datetime(2025, 1, 1)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), 1)
        .not_valid_before(began)
        .not_valid_after(began + dt.timedelta(days=9999))
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(pem, form, serialization.NoEncryption()))


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    """The objects of the Kubernetes manifest."""
    whole = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert (whole["apiVersion"], whole["kind"]) == ("v1", "List")
    found: list[dict[str, Any]] = whole["items"]
    return found


def pods(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if item["kind"] == "Deployment":
            yield item["spec"]["template"]["spec"]
        elif item["kind"] == "CronJob":
            yield item["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def containers(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for pod in pods(items):
        yield from [*pod.get("initContainers", []), *pod["containers"]]


def test_one_pod_has_the_record_store(items):
    kinds = [item["kind"] for item in items]
    assert sorted(kinds) == [
        *["CronJob", "CronJob", "Deployment"],
        *["PersistentVolumeClaim", "PersistentVolumeClaim", "Service"],
    ]
    deployment = items[kinds.index("Deployment")]["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})


def test_pods_are_pinned_and_run_as_the_user_of_the_image(items):
    user = re.search(r"useradd --uid (\d+)", (DEPLOY / "Containerfile").read_text(encoding="utf-8"))
    assert user
    for pod in pods(items):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == int(user[1])
        assert pod["automountServiceAccountToken"] is False
    for one in containers(items):
        assert re.fullmatch(r"[\w./-]+@sha256:[0-9a-f]{64}", one["image"])
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
        assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in one["resources"]["limits"]


def test_the_service_is_asked_whether_it_lives_and_is_ready(items):
    (service,) = [one for one in containers(items) if one["name"] == "wagewatch"]
    paths = {name: service[name]["httpGet"]["path"] for name in service if name.endswith("Probe")}
    assert paths == {
        "startupProbe": "/healthz",
        "readinessProbe": "/readyz",
        "livenessProbe": "/healthz",
    }


def test_the_address_of_the_database_comes_from_the_secret(items):
    variables = [one for each in containers(items) for one in each.get("env", [])]
    urls = [one for one in variables if one["name"] == "WAGEWATCH_DATABASE__URL"]
    assert len(urls) == 3
    for one in urls:
        assert one["valueFrom"] == {"secretKeyRef": {"name": "wagewatch", "key": "database-url"}}
        assert "value" not in one
    assert "Secret" not in {item["kind"] for item in items}


def test_the_image_and_the_composition_ask_for_readiness():
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert "HEALTHCHECK" in image
    assert "http://127.0.0.1:8000/readyz" in image
    assert "http://127.0.0.1:8000/readyz" in services["wagewatch"]["healthcheck"]["test"][-1]
    assert {one["restart"] for one in services.values()} == {"unless-stopped"}
