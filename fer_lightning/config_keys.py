"""One table of config keys: which change a result, name a place, go into checkpoints, or may change on a resume."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple


class Effect(Enum):
    """What a key does to the metrics of a run."""

    RESULT = "its value may change a metric; the default for every key that the table does not name"
    CONTENT = "what lies at the place that it names may change a metric, which `data_digest` tells, but not the name"
    NONE = "no metric depends on it"


class GroupKind(Enum):
    """How a top-level key of the config is built."""

    ONE = "one object from the chosen option; required"
    OPTIONAL = "one object from the chosen option, or nothing"
    SEVERAL = "several named objects, from any number of options"


class Key(NamedTuple):
    """One row of the table. It covers the key and every key below it, unless a longer row says otherwise.

    Attributes:
        path: dotted; `*` stands for one name that the user chooses.
        effect: what the key does to the metrics of a run.
        place: it names a file or folder.
        group: how a top-level key is built; None for a plain value.
        in_checkpoint: a checkpoint keeps it to rebuild the module and to prepare images.
        splits: it decides which images of a data set train.
        on_resume: `resume=` takes a new value.
        hparam: TensorBoard lists it in its HPARAMS tab.
        in_config: the composed config of fer-train holds it.
    """

    path: str
    effect: Effect = Effect.RESULT
    place: bool = False
    group: GroupKind | None = None
    in_checkpoint: bool = False
    splits: bool = False
    on_resume: bool = False
    hparam: bool = False
    in_config: bool = True


KEYS = (
    Key("seed", hparam=True),
    Key("monitor"),
    Key("mode"),
    Key("init_from", place=True),
    Key("ckpt", place=True, in_config=False),
    Key("resume", Effect.NONE, place=True),
    Key("sweep_name", Effect.NONE),
    Key("trust", Effect.NONE, on_resume=True),
    Key("paper", Effect.NONE),
    Key("paths", Effect.NONE, place=True),
    Key("paths.data_dir", Effect.NONE, place=True, on_resume=True),
    Key("paths.cache_dir", Effect.NONE, place=True, on_resume=True),
    Key("data", group=GroupKind.ONE),
    Key("data.faces.dir", Effect.CONTENT, place=True, on_resume=True),
    Key("data.faces.fer_dir", Effect.CONTENT, place=True, on_resume=True),
    Key("data.faces.lfw_dir", Effect.CONTENT, place=True, on_resume=True),
    Key("data.faces.votes", Effect.CONTENT, place=True, on_resume=True),
    Key("data.faces.labels.path", Effect.CONTENT, place=True, on_resume=True),
    Key("data.faces.labels.labeller.checkpoint", place=True),
    Key("data.faces.labels.labeller.cache_dir", Effect.NONE, place=True),
    Key("data.faces.labels.labeller.trust", Effect.NONE),
    Key("data.faces.about", Effect.NONE),
    Key("data.targets", Effect.CONTENT, place=True, on_resume=True),
    Key("data.cache_dir", Effect.NONE, place=True),
    Key("data.num_workers", Effect.NONE),
    Key("data.batch_size", hparam=True),
    Key("data.locate", in_checkpoint=True),
    Key("data.class_names", in_checkpoint=True),
    Key("data.protocol", in_checkpoint=True, splits=True),
    Key("data.fold", in_checkpoint=True, splits=True, hparam=True),
    Key("data.num_folds", in_checkpoint=True, splits=True),
    Key("data.split_seed", in_checkpoint=True, splits=True),
    Key("data.val_subjects", in_checkpoint=True, splits=True),
    Key("data.label_mode", in_checkpoint=True, splits=True),
    Key("data.frames", in_checkpoint=True, splits=True),
    Key("data.rotate", in_checkpoint=True, splits=True),
    Key("data.exclude_copies", in_checkpoint=True, splits=True),
    Key("data.max_train_images", in_checkpoint=True, splits=True),
    Key("augment", group=GroupKind.ONE),
    Key("mix", group=GroupKind.OPTIONAL),
    Key("preprocess", group=GroupKind.ONE, in_checkpoint=True),
    Key("model", group=GroupKind.ONE, in_checkpoint=True),
    Key("loss", group=GroupKind.ONE, in_checkpoint=True),
    Key("optimizer", group=GroupKind.ONE, in_checkpoint=True),
    Key("optimizer.lr", in_checkpoint=True, hparam=True),
    Key("scheduler", group=GroupKind.ONE, in_checkpoint=True),
    Key("callbacks", group=GroupKind.SEVERAL),
    Key("callbacks.*.dirpath", Effect.NONE, place=True),
    Key("logger", Effect.NONE, group=GroupKind.SEVERAL, on_resume=True),
    Key("pages", Effect.NONE, group=GroupKind.SEVERAL),
    Key("trainer", group=GroupKind.ONE),
    Key("trainer.max_epochs", on_resume=True, hparam=True),
    # data.batch_size is the batch of all devices together, so that their number changes the speed alone
    Key("trainer.accelerator", Effect.NONE),
    Key("trainer.devices", Effect.NONE),
    Key("trainer.num_nodes", Effect.NONE),
    Key("trainer.strategy", Effect.NONE),
    Key("trainer.sync_batchnorm", Effect.NONE),
    # how the same numbers are computed: no more than rounding differs
    Key("trainer.channels_last", Effect.NONE),
    Key("trainer.deterministic", Effect.NONE),
    Key("trainer.benchmark", Effect.NONE),
    Key("trainer.inference_mode", Effect.NONE),
    Key("trainer.enable_checkpointing", Effect.NONE),
    Key("trainer.enable_progress_bar", Effect.NONE),
    Key("trainer.enable_model_summary", Effect.NONE),
    Key("trainer.log_every_n_steps", Effect.NONE),
    Key("trainer.num_sanity_val_steps", Effect.NONE),
    Key("trainer.profiler", Effect.NONE),
    Key("trainer.detect_anomaly", Effect.NONE),
    Key("results", Effect.NONE, place=True, in_config=False),  # of fer-report
    Key("save_targets", Effect.NONE, place=True, in_config=False),
    Key("hydra", Effect.NONE, in_config=False),
    Key("hydra.run.dir", Effect.NONE, place=True, in_config=False),
    Key("hydra.sweep.dir", Effect.NONE, place=True, in_config=False),
    Key("local", Effect.NONE, in_config=False),  # what its file sets counts under its own key
)

# Groups of which a report compares the keys, and not the name of the option that set them
COMPARED_BY_KEY = frozenset({"sweep", "trainer"})

# Lightning's callbacks that watch a run. Every other callback may change training, so it counts.
WATCHERS = frozenset(
    {
        *("RichProgressBar", "TQDMProgressBar", "ModelSummary", "RichModelSummary"),
        *("LearningRateMonitor", "DeviceStatsMonitor", "ThroughputMonitor"),
    }
)
LIGHTNING = ("pytorch_lightning.", "lightning.")

TOP_LEVEL = tuple(key for key in KEYS if "." not in key.path and key.in_config)
IN_CHECKPOINT = tuple(key.path for key in TOP_LEVEL if key.in_checkpoint)
SPLIT_KEYS = tuple(key.path.removeprefix("data.") for key in KEYS if key.splits)
HPARAMS = tuple(key.path for key in KEYS if key.hparam)


@cache
def row_of(path: str) -> Key:
    """The row that covers a key such as `data.fold` or `hydra/launcher`; one of defaults where the table has none."""
    parts = path.replace("/", ".").split(".")
    covering = [key for key in KEYS if _covers(key.path.split("."), parts)]
    return max(covering, key=lambda key: key.path.count("."), default=Key(path))


def may_differ(path: str) -> bool:
    """Whether two runs that differ in this key, or in the option chosen for this group, may differ in a metric."""
    return row_of(path).effect is not Effect.NONE


def is_place(path: str) -> bool:
    """Whether a dotted key names a file or folder."""
    return row_of(path).place


def groups(kind: GroupKind) -> tuple[str, ...]:
    """The top-level keys that are built so."""
    return tuple(key.path for key in TOP_LEVEL if key.group is kind)


def deciding(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a resolved config that decides the metrics: what `config_hash` is computed of.

    Left out are keys whose effect is not `RESULT`, Lightning's callbacks that only watch, groups without content,
    arguments of the Trainer that are null, which is Lightning's default, and the weight of soft targets without any.
    """
    kept = _deciding(config, "")
    if isinstance(data := kept.get("data"), dict) and not config["data"].get("targets"):
        data.pop("targets_weight", None)
    kept["trainer"] = {key: value for key, value in (kept.get("trainer") or {}).items() if value is not None}
    callbacks = (kept.get("callbacks") or {}).items()
    kept["callbacks"] = {name: node for name, node in callbacks if node and not _only_watches(node)}
    return {key: value for key, value in kept.items() if value is not None and value != {}}


def _deciding(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    below = {str(key): f"{path}.{key}" if path else str(key) for key in value}
    return {
        key: _deciding(inner, place)
        for (key, place), inner in zip(below.items(), value.values(), strict=True)
        if row_of(place).effect is Effect.RESULT
    }


def _covers(row: list[str], path: list[str]) -> bool:
    return len(row) <= len(path) and all(name in ("*", part) for name, part in zip(row, path, strict=False))


def _only_watches(node: Any) -> bool:
    target = str(node.get("_target_", "")) if isinstance(node, Mapping) else ""
    return target.startswith(LIGHTNING) and target.rpartition(".")[2] in WATCHERS
