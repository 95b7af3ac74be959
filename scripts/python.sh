#!/bin/sh
# Prints the Python that .venv is made with; if there is none that will do, says on stderr how to get one.
# An interpreter named as first argument is the only one looked at.
set -u

candidates=${1:-"python3.13 python3.12 python3.11 python3.14 python3 python"}

advise() {
    if command -v apt-get >/dev/null 2>&1; then
        echo "Install it with: sudo apt-get install $1" >&2
    elif command -v dnf >/dev/null 2>&1; then
        echo "Install it with: sudo dnf install python3.13" >&2
    elif command -v brew >/dev/null 2>&1; then
        echo "Install it with: brew install python@3.13" >&2
    else
        echo "Install it from https://www.python.org/downloads/" >&2
    fi
}

found=""
for candidate in $candidates; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    found=$(command -v "$candidate")
    "$found" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || continue
    if "$found" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$found"
        exit 0
    fi
    without_venv=$found
done

if [ -n "${without_venv:-}" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Vitrine needs Python's venv module, and $without_venv comes without it." >&2
    advise "python$version-venv"
elif [ -n "$found" ]; then
    echo "Vitrine needs Python 3.11 to 3.14, and $found is $("$found" --version 2>&1)." >&2
    advise "python3.11 python3.11-venv"
    echo "If you have one elsewhere: make PYTHON=/path/to/python3 setup" >&2
else
    echo "Vitrine needs Python 3.11 to 3.14, and there is none here by the name of: $candidates." >&2
    advise "python3 python3-venv"
    echo "If you have one elsewhere: make PYTHON=/path/to/python3 setup" >&2
fi
exit 1
