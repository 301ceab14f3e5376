#!/bin/sh
# All that is measured on a CUDA device, in one go or step by step:
#
#     sh bench/gpu.sh PICTURES OUT [STEP ...]
#
# PICTURES holds Caltech-101 as a folder, or as tar files with train.txt and test.txt beside them;
# OUT receives tables, as text and as JSON. The steps, all of them in this order if none is named:
#
#     all cnn vgg16   train.py with that task, 4 workers for the naive recipe
#     workers         train.py with all weights and a worker for each core
#     list            list.py with the reference preset; random weights stand in for ImageNet's:
#                     the work is the same, the accuracies of transfer learning are not
#
# With TRAIN="--device cpu --pictures 32 --image-size 64 --batch-size 16 --epochs 2", options that go
# to train.py last, the first four steps can be tried without a CUDA device.
set -eu
pictures=$1 out=$2
shift 2
[ $# -gt 0 ] || set -- all cnn vgg16 workers list
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$out"
bench=$(cd "$(dirname "$0")" && pwd)  # what it starts runs in folders of its own
export HOMEWORK_CACHE="$work/cache" PYTHONPATH="$bench/..${PYTHONPATH:+:$PYTHONPATH}"
if ls "$pictures"/*.tar >/dev/null 2>&1; then
  mkdir "$work/pictures"
  for file in "$pictures"/*.tar; do tar -xf "$file" -C "$work/pictures"; done
  cp "$pictures"/*.txt "$work/pictures"
  pictures=$work/pictures
fi
nvidia-smi >"$out/device.txt" 2>&1 || true

# train NAME OPTION ...: write the table of `train.py` to OUT/train-NAME
train() {
  name=$1
  shift
  python3 "$bench/train.py" --data "$pictures" --device cuda --pictures 2892 --epochs 10 \
    --slow-epochs 2 --json "$out/train-$name.json" "$@" ${TRAIN:-} >"$out/train-$name.txt"
  cat "$out/train-$name.txt"
}

for step in "$@"; do
  case $step in
    all | cnn | vgg16) train "$step" --task "$step" --workers 4 --rounds 2 ;;
    workers) train all-workers --workers "$(nproc)" --rounds 1 ;;
    list)
      python3 "$bench/random_weights.py" "$work/weights"
      python3 "$bench/list.py" --preset reference --data "$pictures" --weights "$work/weights" \
        --device cuda --workers 4 --naive-epochs 1 --json "$out/list.json" >"$out/list.txt"
      cat "$out/list.txt"
      ;;
    *) echo "There is no step “$step”: all, cnn, vgg16, workers, list." >&2 && exit 2 ;;
  esac
done
