#!/usr/bin/env bash
# Fetches ONNX Runtime's shared library into the project's cache folder.
#
#   scripts/fetch-onnxruntime.sh             fails if it cannot
#   scripts/fetch-onnxruntime.sh --optional  says so and goes on: the embedded kernels will do
#
# It comes out of the Python wheel `onnxruntime`, which is only unpacked: no Python is needed to run
# it. With ERPC_STORE set it goes to $ERPC_STORE/onnxruntime, else to .erpc/onnxruntime.
set -euo pipefail

version=1.31.1
folder=${ERPC_STORE:-.erpc}/onnxruntime
library=libonnxruntime.so.$version

optional=no
case "${1:-}" in
    "") ;;
    --optional) optional=yes ;;
    *) echo "usage: $0 [--optional]" >&2; exit 2 ;;
esac

give_up() {
    echo "onnxruntime: $1" >&2
    if [ "$optional" = yes ]; then
        echo "onnxruntime: the embedded kernels will be used; they are slower and need nothing"
        exit 0
    fi
    exit 1
}

if [ -s "$folder/$library" ]; then
    echo "onnxruntime: $folder/$library is there"
    exit 0
fi

[ "$(uname -s)" = Linux ] || give_up "only Linux libraries are fetched; set ORT_DYLIB_PATH instead"
case "$(uname -m)" in
    x86_64) platform=manylinux_2_28_x86_64 ;;
    aarch64) platform=manylinux_2_28_aarch64 ;;
    *) give_up "there is no wheel for $(uname -m)" ;;
esac
python=$(command -v python3) || give_up "python3 is needed to fetch it"
"$python" -m pip --version >/dev/null 2>&1 || give_up "pip is needed to fetch it"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" -m pip --disable-pip-version-check --quiet download --no-deps --only-binary=:all: \
    --python-version 3.12 --platform "$platform" -d "$scratch" "onnxruntime==$version" ||
    give_up "the wheel could not be fetched (is there a network?)"

# Takes the library out and holds it against the digest that the wheel itself records.
"$python" - "$scratch" "$library" <<'PYTHON' || give_up "the wheel is not what it should be"
import base64, csv, glob, hashlib, io, sys, zipfile

scratch, library = sys.argv[1:]
[path] = glob.glob(scratch + "/*.whl")
with zipfile.ZipFile(path) as wheel:
    names = wheel.namelist()
    [member] = [name for name in names if name.endswith("/capi/" + library)]
    [record] = [name for name in names if name.endswith(".dist-info/RECORD")]
    content = wheel.read(member)
    rows = csv.reader(io.StringIO(wheel.read(record).decode()))
    [expected] = [row[1] for row in rows if row[0] == member]
digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
if expected != "sha256=" + digest:
    sys.exit(f"{member}: sha256 is {digest}, expected {expected}")
with open(scratch + "/" + library, "wb") as out:
    out.write(content)
PYTHON

mkdir -p "$folder"
# Renamed within one folder, so that a half-copied library is never seen.
cp "$scratch/$library" "$folder/.$library.$$"
mv "$folder/.$library.$$" "$folder/$library"
echo "onnxruntime: fetched $folder/$library"
