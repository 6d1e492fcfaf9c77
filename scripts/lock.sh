#!/bin/sh
# Writes the lock files: every package that the pinned ones bring with them, for Python 3.11 to 3.13 on all systems,
# each with the hashes of its files. Run it with uv on the path, after a change in requirements*.txt or pyproject.toml.
set -eu
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND=scripts/lock.sh

lock() {
    output=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --constraint scripts/constraints.txt --output-file "$output" "$@"
}

lock requirements.lock requirements.txt
lock requirements-dev.lock requirements-dev.txt --constraint requirements.lock
lock requirements-light.lock pyproject.toml --constraint requirements.lock
# What installs the others, in half of pip's time.
uv --version | sed 's/^uv \([^ ]*\).*/uv==\1/' | lock requirements-uv.lock -
