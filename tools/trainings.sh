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

COMMIT=2a04af1d85dfe22fa44383b673080427a3b8cda4  # all rows and seeds of one table come from one commit
ROOT=$(realpath -m "${FER_TRAININGS:-../trainings}")
AT_ONCE=2

queue() {
  cat <<'LINES'
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_mix mix=both,none
fer-train -m experiment=paper_a_fer2013_cnn,paper_a_fer2013_pre_cnn,paper_a_fer2013,paper_a_fer2013_cnn_x21,paper_a_fer2013_pre_cnn_x21,paper_a_fer2013_x21 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2 trainer.min_epochs=60 pages=warps sweep_name=paper_a_table2
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_vgg model=vgg
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=31 trainer.max_epochs=93 sweep_name=quarter_muon optimizer=muon optimizer.lr=0.005
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=19 trainer.max_epochs=76 sweep_name=quarter_48px callbacks=ema
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=20 trainer.max_epochs=100 sweep_name=quarter_dropout model.net.block_dropout=0.2
fer-train -m experiment=fer2013_hour data.protocol=train_quarter model.views=null trainer.accelerator=cpu trainer.check_val_every_n_epoch=12 trainer.max_epochs=48 sweep_name=quarter_wide model.net.widths=[96,192,384]
fer-train -m experiment=fer2013_hour trainer.accelerator=cpu seed=0,1,2 sweep_name=fer2013_hour
fer-train -m experiment=paper_b_edsr sweep_name=paper_b_edsr model.net.blocks=4 model.net.features=16 trainer.max_epochs=20 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_d_fer2013 model.net.attention=true,false sweep_name=paper_d_attention model.net.widths=[32,32,64,64] trainer.max_epochs=20 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_c_fer2013,paper_c_fer2013_no_edges data.fold=0,1,2 model.input.size=48 model.net.edge_scale=0.016667 trainer.accelerator=cpu trainer.precision=bf16-mixed sweep_name=paper_c_edges
fer-train -m experiment=paper_b_ferplus_base,paper_b_ferplus_stn,paper_b_ferplus_bicubic sweep_name=paper_b_table2_base model.net.name=resnet10t ++model.net.options.channels=[32,64,128,256] ++model.net.options.stem_width=16 model.net.blocks=4 model.net.features=16 trainer.max_epochs=20 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_a_fer2013_rotated model=stn_cnn,cnn trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2 trainer.min_epochs=60 pages=warps sweep_name=paper_a_rotated
fer-train -m experiment=paper_d_depth model.net.depth=2,4,8,16 model.net.attention=false,true sweep_name=paper_d_depth model.net.width=16 trainer.max_epochs=15 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_b_ferplus_sr_pretrained,paper_b_ferplus_sr sweep_name=paper_b_table2_sr model.net.name=resnet10t ++model.net.options.channels=[32,64,128,256] ++model.net.options.stem_width=16 model.net.blocks=4 model.net.features=16 trainer.max_epochs=20 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_c_fer2013_rcnn,paper_c_fer2013_frr data.fold=0 model.input.size=48 trainer.accelerator=cpu trainer.precision=bf16-mixed sweep_name=paper_c_rivals
fer-train -m experiment=fer2013_strong trainer.accelerator=cpu seed=0,1,2 sweep_name=fer2013_strong
fer-train -m experiment=paper_b_ferplus_sr_frozen,paper_b_ferplus_sr_random sweep_name=paper_b_table2_frozen model.net.name=resnet10t ++model.net.options.channels=[32,64,128,256] ++model.net.options.stem_width=16 model.net.blocks=4 model.net.features=16 trainer.max_epochs=20 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_d_fer2013_deep_emotion sweep_name=paper_d_deep_emotion trainer.max_epochs=60 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=ferplus_strong trainer.accelerator=cpu seed=0,1,2 sweep_name=ferplus_strong
fer-train -m experiment=paper_b_ferplus_loss loss=l1_plain,l2_plain,l1,l2 sweep_name=paper_b_l1_l2 model.net.name=resnet10t ++model.net.options.channels=[32,64,128,256] ++model.net.options.stem_width=16 trainer.max_epochs=20 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_d_depth model.net.depth=10,12 model.net.attention=false,true sweep_name=paper_d_depth_10_12 model.net.width=16 trainer.max_epochs=15 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
fer-train -m experiment=paper_d_hog model.net.depth=2,4 sweep_name=paper_d_hog model.net.width=16 trainer.max_epochs=15 trainer.precision=bf16-mixed trainer.accelerator=cpu seed=0,1,2
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
