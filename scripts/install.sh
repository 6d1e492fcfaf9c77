#!/bin/sh
# Creates .venv with Python 3.11 to 3.13 if it is not there, and installs what the given lock file names into it.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Digit Lab needs Python 3.11, 3.12 or 3.13, and found none; install one, or name it: make run PYTHON=/path/to/python" >&2
    exit 1
}

create_environment() {
    python=$(find_python)
    if "$python" -m venv .venv; then
        return
    fi
    # Debian and Ubuntu keep the module that makes environments in a package of its own.
    rm -rf .venv
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv"
        "$python" -m venv .venv
    else
        echo "Python $version cannot make an environment; install it with: sudo apt install python$version-venv" >&2
        exit 1
    fi
}

pip_install() {
    .venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --requirement "$1"
}

# It takes half of pip's time, with what it takes to get it; but of a server that only pip was told of it knows nothing.
uv_install() {
    uv=$(command -v uv || echo .venv/bin/uv)
    [ -x "$uv" ] || pip_install requirements-uv.lock
    "$uv" pip install --quiet --python .venv/bin/python --require-hashes --requirement "$1"
}

[ -x .venv/bin/python ] || create_environment
echo "Installing $1 into .venv …"
# What is used is compiled when it is first loaded, which is a small part of all that comes.
uv_install "$1" || pip_install "$1"
