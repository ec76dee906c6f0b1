#!/bin/sh
# Builds .venv with Python 3.11 and installs one hash-pinned lock file into it: deploy/make_venv.sh LOCK
# Called by the Makefile. Needs Python 3.11 and a package source that pip knows; nothing else.
set -eu
lock=$1

works() { # is this a Python 3.11 that can make environments, or at least has a pip that can fill one?
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1 || return 1
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1 || "$1" -c 'import pip, venv' >/dev/null 2>&1
}

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
    found=
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 /usr/local/bin/python3.11 /usr/bin/python3.11 python3 python; do
        if works "$candidate"; then found=$candidate; break; fi
    done
    if [ -z "$found" ]; then
        echo "Python 3.11 with venv was not found. Install python3.11 (on Debian also python3.11-venv)," \
            "or name one: make PYTHON=/path/to/python3.11 …" >&2
        exit 1
    fi
    echo "Building .venv with $("$found" -c 'import sys; print(sys.executable, sys.version.split()[0])')"
    if "$found" -c 'import ensurepip' >/dev/null 2>&1; then
        "$found" -m venv --clear .venv
    else
        "$found" -m venv --clear --without-pip .venv
        "$found" -m pip --python .venv/bin/python install --quiet pip
    fi
fi

echo "Installing $lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
