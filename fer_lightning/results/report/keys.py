"""Which keys tell rows apart, and what a run or a lost job says of a key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fer_lightning.errors import FerError, choices
from fer_lightning.results.report.collect import Collected
from fer_lightning.results.report.model import FOLD, SEED, Lost, Run
from fer_lightning.results.report.settings import in_config, leaves
from fer_lightning.results.result import HASHED_TRAINER

UNKNOWN = "?"  # what a lost job was to do where neither its overrides nor its sweep say it

# where runs lie, who watches them, what is printed, which of a sweep's files asked: no figure depends on it
QUIET_GROUPS = frozenset(
    {"paths", "hydra", "logger", "local", "sweep", "sweep_name", "resume", "trainer", "paper"},
)
QUIET_DATA = frozenset(
    f"data.{key}"
    for key in ("num_workers", "pin_memory", "persistent_workers", "prefetch_factor", "cache_dir", "report_copies")
)
SETTING_OTHERS = ("experiment", "debug")  # groups whose options choose those of others
ORDER = ("experiment", "data", "preprocess", "augment", "model", "loss", "optimizer", "scheduler", "callbacks")


def is_quiet(key: str) -> bool:
    """Whether no figure depends on the key.

    Quiet are places, loggers, what sweeps are called, workers, and of the trainer everything, devices included, that
    `config_hash` leaves out. Callbacks count: some end training. So do the folders of data that were typed: other
    folders may hold other images.
    """
    group = key.partition(".")[0].partition("/")[0]
    if group == "trainer" and key.removeprefix("trainer.") in HASHED_TRAINER:
        return False
    return group in QUIET_GROUPS or key in QUIET_DATA


def value(run: Run, key: str) -> str:
    """What the run was asked for, else what its resolved config says; "" where both are silent."""
    said = run.settings.get(key)
    return in_config(run.result.config, key) if said is None else said


class Values:
    """What runs and lost jobs say of keys; of a lost job also what the finished jobs of its sweep agree on."""

    def __init__(self, collected: Collected) -> None:
        self._siblings: dict[tuple[str, ...], list[Run]] = defaultdict(list)
        for run in collected.runs:
            if run.sweep is not None:
                self._siblings[_kind(run)].append(run)
        self._agreed: dict[tuple[tuple[str, ...], str], str] = {}

    def of(self, one: Run | Lost, key: str) -> str:
        """The value; "" where a run says nothing, `?` where a lost job's is unknown."""
        if isinstance(one, Run):
            return value(one, key)
        said = one.settings.get(key)
        return self._of_siblings(_kind(one), key) if said is None else said

    def _of_siblings(self, kind: tuple[str, ...], key: str) -> str:
        if (kind, key) not in self._agreed:
            said = {value(run, key) for run in self._siblings.get(kind, [])}
            self._agreed[kind, key] = said.pop() if len(said) == 1 else UNKNOWN
        return self._agreed[kind, key]


def varying(collected: Collected, values: Values) -> tuple[str, ...]:
    """The keys in which runs and lost jobs differ, but for fold, seed and quiet ones; groups before their keys."""
    everything: list[Run | Lost] = [*collected.runs, *collected.lost]
    named = dict.fromkeys(key for one in everything for key in one.settings)
    candidates = [key for key in named if key not in (FOLD, SEED) and not is_quiet(key)]
    differing = [key for key in candidates if len({values.of(one, key) for one in everything} - {UNKNOWN}) > 1]
    return tuple(sorted(differing, key=_place))


def check_keys(by: Sequence[str], runs: Iterable[Run]) -> tuple[str, ...]:
    """The keys asked for, each once.

    Raises:
        FerError: a key that no run has in its settings or config.
    """
    known = {key for run in runs for key in (*run.settings, *leaves(run.result.config))} if by else set()
    for key in by:
        if key not in known:
            shown = sorted((k for k in known if k in (FOLD, SEED) or not is_quiet(k)), key=_place)
            groups = [k for k in shown if "." not in k]
            close = choices(dict.fromkeys([*groups, *shown]), key).partition("(did you mean")
            hint = f" (did you mean{close[2]}" if close[1] else ""
            raise FerError(
                f"by={key}: no run knows it; choose among {choices(groups)}, or a key of the config such as "
                f"optimizer.lr{hint}"
            )
    return tuple(dict.fromkeys(by))


def _kind(one: Run | Lost) -> tuple[str, ...]:
    return (one.sweep or "", *(one.settings.get(group, "") for group in SETTING_OTHERS))


def _place(key: str) -> tuple[int, str]:
    group = key.partition(".")[0]
    return (ORDER.index(group) if group in ORDER else len(ORDER), key)
