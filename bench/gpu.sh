#!/bin/sh
# All that is measured on a CUDA device, in one go:
#
#     sh bench/gpu.sh PICTURES OUT
#
# PICTURES holds Caltech-101 as a folder, or as tar files with train.txt and test.txt beside them;
# OUT receives tables, as text and as JSON, and the records of the complete list. Random weights
# stand in for ImageNet's: the work is the same, the accuracies of transfer learning are not.
set -eu
pictures=$1 out=$2
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
python3 "$bench/random_weights.py" "$work/weights"
workers=$(nproc)
for task in all cnn vgg16; do
  python3 "$bench/train.py" --data "$pictures" --device cuda --task "$task" --pictures 2892 \
    --workers 4 --epochs 10 --slow-epochs 2 --rounds 2 --json "$out/train-$task.json" |
    tee "$out/train-$task.txt"
done
python3 "$bench/train.py" --data "$pictures" --device cuda --pictures 2892 --workers "$workers" \
  --epochs 10 --slow-epochs 2 --rounds 1 --json "$out/train-all-workers.json" |
  tee "$out/train-all-workers.txt"
python3 "$bench/list.py" --preset reference --data "$pictures" --weights "$work/weights" \
  --device cuda --workers 4 --naive-epochs 1 --json "$out/list.json" | tee "$out/list.txt"
