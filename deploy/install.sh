#!/bin/sh
# Installs Wagewatch from the bundle that holds this file. Nothing is fetched.
#   sh install.sh [FOLDER [OPTION...]]       into /opt/wagewatch if no folder is named; options of pip install
#   PYTHON=python3.12 sh install.sh          with another Python than python3
# Each version gets a folder of its own below FOLDER/releases; the link FOLDER/.venv leads to the one in use.
set -eu
umask 022
folder=${1:-/opt/wagewatch}
[ $# -eq 0 ] || shift
python=${PYTHON:-python3}
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
cd "$(dirname "$0")"

refuse() { echo "install.sh: $*" >&2; exit 1; }

sha256sum --quiet --check SHA256SUMS || refuse "a file of the bundle is damaged or was changed: carry it over again"
read -r version machine wanted < TARGET
[ "$(uname -m)" = "$machine" ] || refuse "this machine is $(uname -m), the bundle is for $machine"
"$python" - "$wanted" <<'PYTHON' || refuse "see above"
import ctypes, importlib.util, platform, sys
wanted = sys.argv[1]
found = "%d.%d" % sys.version_info[:2]
if found != wanted:
    sys.exit("this is Python %s, the bundle is for %s; name another: PYTHON=python%s sh install.sh" % (found, wanted, wanted))
libc, release = platform.libc_ver()
if libc != "glibc" or tuple(map(int, release.split(".")[:2])) < (2, 28):
    sys.exit("glibc 2.28 or newer is needed, found: %s %s" % (libc or "another C library", release))
if importlib.util.find_spec("ensurepip") is None:
    sys.exit("Python has no ensurepip; on Debian and Ubuntu install python%s-venv" % wanted)
if sys.base_prefix.startswith(("/root", "/home")):
    print("install.sh: Python is in %s, where the service's user may not read" % sys.base_prefix, file=sys.stderr)
try:
    ctypes.CDLL("libgomp.so.1")
except OSError:
    sys.exit("the library libgomp.so.1 is missing; install libgomp1 (Debian, Ubuntu) or libgomp (Kylin, openEuler)")
PYTHON

digest=$(sha256sum SHA256SUMS | cut -c1-8)
release=$folder/releases/$version-$digest
if [ ! -e "$release/complete" ]; then
  rm -rf "$release"
  mkdir -p "$folder/releases"
  trap 'rm -rf "$release"' EXIT
  "$python" -m venv "$release"
  # No setting of this machine may lead pip to an index.
  PIP_CONFIG_FILE=/dev/null "$release/bin/python" -m pip install --isolated --quiet --disable-pip-version-check \
    --no-index --find-links wheels --no-deps --require-hashes -r requirements.txt "$@"
  "$release/bin/python" -m pip --isolated --disable-pip-version-check check >/dev/null || refuse "the bundle is not complete"
  touch "$release/complete"
  trap - EXIT
fi

# The link changes in one step: a program that starts meanwhile gets one version or the other.
before=$(readlink "$folder/.venv" || true)
if [ -e "$folder/.venv" ] && [ -z "$before" ]; then
  mv "$folder/.venv" "$folder/.venv-before-$version-$digest"
  before=.venv-before-$version-$digest
fi
ln -sfn "releases/$version-$digest" "$folder/.venv.new"
mv -T "$folder/.venv.new" "$folder/.venv"
echo "Wagewatch $version: $folder/.venv/bin/wagewatch"
[ -z "$before" ] || [ "$before" = "releases/$version-$digest" ] || echo "In use before, and kept: $folder/$before"
