#!/usr/bin/env bash
# CIFAR-10 for the notebooks, into data/ beside this script. See usage below.
# Written for bash 3.2 (macOS) and later.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: ./get_datasets.sh [--synthetic]

Downloads CIFAR-10 (python version, 163 MB, 178 MB unpacked) into data/cifar-10-batches-py.
A download that breaks off is resumed, by itself or by the next run.

  --synthetic   draw a stand-in, without a download, into data/synthetic-cifar-10-batches-py
  --help        show this text

Environment:
  CIFAR10_URL            another mirror of cifar-10-python.tar.gz
  CIFAR10_MD5            the checksum expected of it
  CIFAR10_BYTES          the size expected of it
  CIFAR10_STALL_SECONDS  give up a transfer that stood still so long (default 60)
  CIFAR10_TRIES          transfers to start before giving up (default 5)
  PYTHON                 the Python that draws the stand-in
USAGE
}

say() { printf '%s\n' "$*"; }
fail() { printf 'get_datasets.sh: %s\n' "$*" >&2; exit 1; }
misuse() { printf 'get_datasets.sh: %s\n' "$*" >&2; exit 2; }

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
data=$here/data
name=cifar-10-batches-py
real=$data/$name
synthetic=$data/synthetic-$name
archive=$data/cifar-10-python.tar.gz.part    # .part until it is unpacked and removed
batches="data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch"

url=${CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz}
md5=${CIFAR10_MD5:-c58f30108f718f92721af3b95e74349a}
bytes=${CIFAR10_BYTES:-170498071}
stall=${CIFAR10_STALL_SECONDS:-60}
tries=${CIFAR10_TRIES:-5}

work=    # temporary folder of this run
cleanup() { if [ -n "$work" ]; then rm -rf -- "$work"; fi; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# is_complete FOLDER: 0 when it holds every batch.
is_complete() {
    local batch
    for batch in $batches; do [ -s "$1/$batch" ] || return 1; done
}

# ready FOLDER WHAT: says so and returns 0 when the data is there, 1 when it is to be made.
ready() {
    [ -e "$1" ] || return 1
    is_complete "$1" || fail "$1 is incomplete, expected $batches in it: remove the folder and run this script again."
    say "$2 is already in $1."
}

size_of() { if [ -f "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }

megabytes() { echo "$((($1 + 524288) / 1048576)) MB"; }

md5_of() {
    if command -v md5sum >/dev/null; then md5sum <"$1" | cut -d ' ' -f 1
    elif command -v md5 >/dev/null; then md5 -q "$1"
    elif command -v python3 >/dev/null; then
        python3 -c 'import hashlib, sys; print(hashlib.md5(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
    else fail "found no md5sum, md5 or python3 to check the download with, expected one of them: install one."
    fi
}

# transfer: one transfer into $archive, from where it ends. Sets `problem` to what went wrong, or to nothing,
# and `again` to what helps: wait, restart (from the first byte), or give-up.
transfer() {
    local status=0 http=000
    problem= again=wait
    if command -v curl >/dev/null; then
        local progress=--silent
        if [ -t 2 ]; then progress=--progress-bar; fi
        http=$(curl --fail --location --connect-timeout 30 --speed-limit 1000 --speed-time "$stall" "$progress" \
            --continue-at - --output "$archive" --write-out '%{http_code}' "$url") || status=$?
        case $status in
            0) ;;
            3) problem="it is not a URL" again=give-up ;;
            6) problem="the server's name is not known" ;;
            7) problem="the server does not answer" ;;
            18 | 56 | 92) problem="the transfer broke off" ;;
            22) problem="the server answered HTTP $http" ;;
            23) problem="$archive cannot be written; is the disk full?" again=give-up ;;
            28) problem="the transfer stood still for $stall s" ;;
            33) problem="the server cannot resume" again=restart ;;
            *) problem="curl ended with code $status" ;;
        esac
        case $status/$http in
            22/416) again=restart ;;
            22/408 | 22/429) ;;
            22/4??) again=give-up ;;
        esac
    elif command -v wget >/dev/null; then
        local quiet=-q
        if [ -t 2 ]; then quiet=-nv; fi
        wget "$quiet" -c -t 1 -T "$stall" -O "$archive" "$url" || status=$?
        case $status in
            0) ;;
            4) problem="the connection failed or stood still" ;;
            8) problem="the server answered with an error" ;;
            *) problem="wget ended with code $status" ;;
        esac
    else
        fail "found neither curl nor wget, expected one of them: install curl, or use ./get_datasets.sh --synthetic."
    fi

    local size
    size=$(size_of "$archive")
    if [ "$size" -ge 2 ] && [ "$(head -c 2 "$archive" | od -An -tx1 | tr -d ' \n')" != 1f8b ]; then
        problem="it sent a page or a file that is no .tar.gz" again=restart
    elif [ "$size" -gt "$bytes" ]; then
        problem="it sent $size bytes, expected $bytes" again=restart
    elif [ -z "$problem" ] && [ "$size" -lt "$bytes" ]; then
        problem="it sent $size of $bytes bytes"
    fi
    if [ "$again" = restart ] || [ ! -s "$archive" ]; then rm -f -- "$archive"; fi
}

# download: $archive, whole and checked.
download() {
    local try=1 pause=1 size found
    size=$(size_of "$archive")
    if [ "$size" -gt "$bytes" ]; then rm -f -- "$archive"; size=0; fi
    while [ "$size" != "$bytes" ]; do
        if [ "$size" = 0 ]; then say "Downloading CIFAR-10 ($(megabytes "$bytes")) from $url"
        else say "Resuming the download at $(megabytes "$size") of $(megabytes "$bytes") from $url"
        fi
        transfer
        size=$(size_of "$archive")
        [ -n "$problem" ] || break
        if [ "$again" = give-up ] || [ "$try" -ge "$tries" ]; then
            local kept="run this script again"
            if [ "$size" != 0 ]; then kept="run this script again to resume at byte $size"; fi
            fail "$url: $problem (transfer $try of $tries), expected $bytes bytes: $kept," \
                "or set CIFAR10_URL to another mirror, or use ./get_datasets.sh --synthetic."
        fi
        say "Transfer $try of $tries failed: $problem. Trying again in $pause s."
        sleep "$pause"
        try=$((try + 1)) pause=$((pause * 2))
    done

    found=$(md5_of "$archive")
    if [ "$found" != "$md5" ]; then
        rm -f -- "$archive"
        fail "$url: found MD5 $found, expected $md5: the file is removed; run this script again," \
            "or set CIFAR10_URL to another mirror."
    fi
}

# unpack: $archive into $real, by way of a temporary folder beside it.
unpack() {
    local listing foreign
    say "Unpacking into $real"
    work=$(mktemp -d "$data/unpacking.part.XXXXXX")
    # Only plain files directly in the one folder: nothing can land elsewhere, by path or by link.
    listing=$(tar -tzf "$archive" 2>/dev/null) || reject "it cannot be listed"
    foreign=$(printf '%s\n' "$listing" | grep -Evx "$name/?|$name/[A-Za-z0-9_][A-Za-z0-9._-]*" | head -n 1) || true
    [ -z "$foreign" ] || reject "it has the member '$foreign'"
    foreign=$(tar -tvzf "$archive" | grep -v '^[-d]' | head -n 1) || true
    [ -z "$foreign" ] || reject "it has a link or a device, '$foreign'"
    tar -xzof "$archive" -C "$work" ||
        fail "$archive cannot be unpacked into $data, as tar said above: make room there and run this script again."
    chmod -R u+rwX,go+rX "$work/$name"
    is_complete "$work/$name" || reject "a batch is missing"
    [ ! -e "$real" ] || fail "$real appeared meanwhile, as if this script ran twice: run it again to see what is there."
    mv -- "$work/$name" "$real"
    rm -f -- "$archive"
}

reject() {
    rm -f -- "$archive"
    fail "$url: $1, expected an archive of one folder $name with $batches: the file is removed;" \
        "set CIFAR10_URL to another mirror."
}

# find_python: sets `python` to one that has numpy.
find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
        "$python" -c 'import numpy' 2>/dev/null ||
            fail "PYTHON is $python, which cannot import numpy, expected a Python that can: correct or unset PYTHON."
        return
    fi
    for candidate in "$here/.venv/bin/python" "$here/.venv/Scripts/python.exe" python3 python; do
        python=$candidate
        if "$python" -c 'import sys, numpy; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    done
    fail "found no Python 3.11 or newer with numpy (tried .venv, python3, python), expected one:" \
        "run pip install -r requirements.txt first, or name one in PYTHON."
}

draw_synthetic() {
    find_python
    [ -f "$here/cs231n/synthetic.py" ] ||
        fail "found no cs231n/synthetic.py in $here, expected it there: unpack the assignment again."
    say "Drawing 60000 images (some seconds)"
    (cd "$here" && PYTHONPATH=$here "$python" -m cs231n.synthetic "$synthetic" >/dev/null) ||
        fail "the stand-in could not be drawn by $python, expected it in $synthetic: see what Python said above."
}

synthetic_wanted=
for argument in "$@"; do
    case $argument in
        --synthetic) synthetic_wanted=1 ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; misuse "found the argument '$argument', expected --synthetic, --help or nothing." ;;
    esac
done
for number in "CIFAR10_BYTES=$bytes" "CIFAR10_STALL_SECONDS=$stall" "CIFAR10_TRIES=$tries"; do
    case ${number#*=} in '' | 0* | *[!0-9]*) misuse "found $number, expected a whole number above 0." ;; esac
done
mkdir -p -- "$data" 2>/dev/null && [ -w "$data" ] ||
    fail "$data cannot be written, expected a folder of yours: check its permissions, or copy this folder elsewhere."
# What a run that was killed outright left behind; an hour, so that a run under way keeps its own.
find "$data" -maxdepth 1 -type d -name '*.part*' -mmin +60 -exec rm -rf -- {} +

if [ -n "$synthetic_wanted" ]; then
    ready "$synthetic" "The synthetic stand-in" || { draw_synthetic; say "The synthetic stand-in is in $synthetic."; }
    say "It is NOT CIFAR-10 but drawings in the same format, to learn and test with; ./get_datasets.sh gets CIFAR-10."
    if is_complete "$real"; then say "The notebooks use the real CIFAR-10 as long as it is in $real."; fi
else
    ready "$real" CIFAR-10 || { download; unpack; say "CIFAR-10 is in $real."; }
fi
