"""Checks of the distributed environment, before any process builds objects."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fer_lightning.errors import FerError

FOLDER = "hydra.run.dir="
INTERACTIVE_JOBS = ("bash", "interactive")  # names of SLURM jobs that Lightning treats as interactive
RENDEZVOUS = ("WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
# rank variable to others that its launcher (torchrun, Lightning, a user, srun) sets as well
RANK_VARIABLES = {
    "RANK": RENDEZVOUS,
    "LOCAL_RANK": RENDEZVOUS,
    "NODE_RANK": RENDEZVOUS,
    "SLURM_PROCID": ("SLURM_NTASKS",),
}


def require_shared_folder(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments; processes of an external launcher (torchrun, srun) must name a common folder.

    Otherwise each process would create a folder named by its own clock.

    Args:
        arguments: flags as `command_flags.move_flags_first` writes them.

    Raises:
        FerError: the arguments name no folder, or start a sweep.
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
    """Removes rank variables that no launcher has set, and returns one message per variable.

    With a stale LOCAL_RANK=1 of another program, a single process would act as a non-zero rank, write nothing and end
    with exit code 0. Call this before Lightning is imported, which reads these variables.
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
    """Raises FerError if this process has a non-zero rank although the trainer has one process."""
    if world_size == 1 and not is_global_zero():
        ranks = ", ".join(f"{rank}={os.environ[rank]}" for rank in RANK_VARIABLES if rank in os.environ)
        raise FerError(
            f"{ranks}: this is not the first process of its launcher, but the trainer has one process, so this one has "
            "nothing to do; set trainer.devices and trainer.num_nodes to what the launcher starts, or unset "
            "these variables"
        )


def is_global_zero() -> bool:
    """Whether this process writes files and logs.

    LOCAL_RANK, which Lightning sets for its child processes, takes precedence over the inherited SLURM_PROCID.
    """
    for ranks in (("RANK",), ("LOCAL_RANK", "NODE_RANK"), ("SLURM_PROCID",)):
        if ranks[0] in os.environ:
            return all(int(os.environ.get(rank, 0)) == 0 for rank in ranks)
    return int(os.environ.get("NODE_RANK", 0)) == 0


def count_processes() -> int:
    """Returns the number of processes of an external launcher; child processes of Lightning do not count."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return int(os.environ.get("WORLD_SIZE", 1))
    # in an interactive job SLURM starts only the shell, whatever the number of tasks
    return 1 if os.environ.get("SLURM_JOB_NAME") in INTERACTIVE_JOBS else int(os.environ.get("SLURM_NTASKS", 1))
