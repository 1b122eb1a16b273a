"""What several processes of one training must know of each other before any of them builds something."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fer_lightning.errors import FerError

FOLDER = "hydra.run.dir="
INTERACTIVE_JOBS = ("bash", "interactive")  # the names of SLURM jobs by which Lightning knows them
RENDEZVOUS = ("WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
# a rank, and what else a launcher sets with it: torchrun, Lightning for its own children, people by hand, srun
RANK_VARIABLES = {
    "RANK": RENDEZVOUS,
    "LOCAL_RANK": RENDEZVOUS,
    "NODE_RANK": RENDEZVOUS,
    "SLURM_PROCID": ("SLURM_NTASKS",),
}


def require_shared_folder(arguments: Sequence[str]) -> list[str]:
    """The same arguments, where a launcher from outside (torchrun, srun) started several processes with them.

    Each would otherwise take a folder named by its own clock.

    Args:
        arguments: flags as `command_flags.move_flags_first` writes them.

    Raises:
        FerError: the arguments name no folder, or ask for a sweep.
    """
    if count_processes() > 1:
        if "--multirun" in arguments:
            raise FerError("a sweep starts its own processes: leave out torchrun or srun, or run one job of it")
        if not any(argument.startswith(FOLDER) for argument in arguments):
            raise FerError(
                f"{count_processes()} processes train together and need one folder that all of them see: "
                f"add {FOLDER}logs/runs/NAME"
            )
    return list(arguments)


def drop_stale_ranks() -> list[str]:
    """Takes ranks out of the environment that no launcher can have set, and says so in a line each.

    With LOCAL_RANK=1 left over from another program, a single process would take itself for a helper of a training,
    write nothing and end with exit code 0. Called before Lightning is imported, which reads these variables then.
    """
    leftover = [
        rank
        for rank, companions in RANK_VARIABLES.items()
        if rank in os.environ and not (os.environ[rank].isdecimal() and any(name in os.environ for name in companions))
    ]
    return [
        f"{rank}={os.environ.pop(rank)} is ignored: no launcher has set it, for there is no "
        f"{' or '.join(RANK_VARIABLES[rank])} beside it"
        for rank in leftover
    ]


def check_rank(world_size: int) -> None:
    """Raises FerError where the environment makes this process a helper of a training of one process."""
    if world_size == 1 and not is_global_zero():
        ranks = ", ".join(f"{rank}={os.environ[rank]}" for rank in RANK_VARIABLES if rank in os.environ)
        raise FerError(
            f"{ranks}: this is not the first process of its launcher, but the trainer has one process, so this one has "
            "nothing to do; set trainer.devices and trainer.num_nodes to what the launcher starts, or unset "
            "these variables"
        )


def is_global_zero() -> bool:
    """Whether this process is the one that writes files and speaks.

    LOCAL_RANK, by which Lightning numbers its own children, comes before SLURM_PROCID, which they inherit.
    """
    for ranks in (("RANK",), ("LOCAL_RANK", "NODE_RANK"), ("SLURM_PROCID",)):
        if ranks[0] in os.environ:
            return all(int(os.environ.get(rank, 0)) == 0 for rank in ranks)
    return int(os.environ.get("NODE_RANK", 0)) == 0


def count_processes() -> int:
    """How many train together, started from outside; Lightning's own children get their folder from their parent."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return int(os.environ.get("WORLD_SIZE", 1))
    # in an interactive job SLURM has started the shell alone, however many tasks it would give to srun
    return 1 if os.environ.get("SLURM_JOB_NAME") in INTERACTIVE_JOBS else int(os.environ.get("SLURM_NTASKS", 1))
