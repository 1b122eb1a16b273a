#!/usr/bin/env bash
# Starts or goes on with the long trainings behind docs/results: one `fer-train -m` per line, in order of priority.
#
#   tools/trainings.sh            two lines at once, one core each, at the lowest priority, until all are done
#   tools/trainings.sh --list     the sweeps in the queue, and how many of their jobs are finished
#
# The trainings run from a clone of COMMIT in FER_TRAININGS (../trainings beside the checkout unless set), with an
# environment and logs of its own: what is changed in the checkout meanwhile does not touch them. Run it again after an
# interruption: finished jobs are skipped, a half-trained one goes on after its last epoch.
set -euo pipefail
cd "$(dirname "$0")/.."

COMMIT=3b0fc8fbf1594927e6ad55af1e3f578a9234d89c  # all rows and seeds of one table come from one commit
ROOT=$(realpath -m "${FER_TRAININGS:-../trainings}")
AT_ONCE=2

queue() {
  cat <<'LINES'
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_mix mix=both,none,mixup,cutmix
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_vgg model=vgg
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=17 trainer.max_epochs=68 sweep_name=quarter_deep model.net.widths=[64,128,256,512] model.net.blocks=[1,2,2,1]
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=12 trainer.max_epochs=48 sweep_name=quarter_wide model.net.widths=[96,192,384]
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=19 trainer.max_epochs=76 sweep_name=quarter_48px callbacks=ema
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_dropout model.net.block_dropout=0,0.2
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=31 trainer.max_epochs=93 sweep_name=quarter_muon optimizer=muon optimizer.lr=0.005,0.01
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_decay optimizer.weight_decay=1e-3
LINES
}

if [ "${1:-}" = --list ]; then
  queue | grep -o 'sweep_name=[^ ]*' | cut -d= -f2 | while read -r name; do
    finished=("$ROOT/logs/sweeps/$name"/*/result.json)
    [ -e "${finished[0]}" ] || finished=()
    printf '%-28s %s finished\n' "$name" "${#finished[@]}"
  done
  exit
fi

FER_DATA=$(realpath -m "${FER_DATA:-../shared/data}")
export FER_DATA OMP_NUM_THREADS=1 WANDB_MODE=offline NO_ALBUMENTATIONS_UPDATE=1
export FER_LOGS=$ROOT/logs FER_CACHE=$ROOT/cache
mkdir -p "$ROOT"
exec 9>"$ROOT/.lock"
flock --nonblock 9 || { echo "the queue runs already in $ROOT" >&2; exit 1; }
[ -d "$ROOT/code" ] || git clone --quiet . "$ROOT/code"
git -C "$ROOT/code" fetch --quiet "$PWD"
git -C "$ROOT/code" checkout --quiet "$COMMIT"
make --directory "$ROOT/code" --silent install 9>&-

cd "$ROOT"
queue | xargs --max-procs="$AT_ONCE" --delimiter='\n' --replace=LINE \
  nice -n 19 bash -c 'PATH="code/.venv/bin:$PATH" LINE 9>&- >>queue.log 2>&1 || echo "exit code $?: LINE" >>queue.log'
