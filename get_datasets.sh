#!/usr/bin/env bash
# CIFAR-10 for the notebooks, into data/ beside this script: has cs231n/get_data.py get it (--help shows how).
# Where there is no bash: python -m cs231n.get_data
set -euo pipefail

fail() { printf 'get_datasets.sh: %s\n' "$*" >&2; exit 1; }

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
[ -f "$here/cs231n/get_data.py" ] ||
    fail "found no cs231n/get_data.py in $here, expected it there: unpack the assignment again."

call='import sys; sys.path.insert(0, sys.argv[1]); from cs231n import get_data
sys.exit(get_data.main(sys.argv[2:], "./get_datasets.sh"))'

# The environment variable PYTHON names the Python to use; else one with numpy, which the stand-in needs, or any.
candidates=("$here/.venv/bin/python" "$here/.venv/Scripts/python.exe" python3 python)
if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
for modules in sys,numpy sys; do
    for python in "${candidates[@]}"; do
        if "$python" -c "import $modules; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
            exec "$python" -B -c "$call" "$here" "$@"
        fi
    done
done
fail "found no Python 3.11 or newer (tried ${candidates[*]}), expected one with numpy:" \
    "install it and run pip install -r requirements.txt, or name one in PYTHON."
