"""What if `accelerate launch --cpu --num_processes 2` starts one process? That one starts the two.

With GPUs Accelerate starts all processes itself; on processors it leaves that to MPI, and without MPI it
starts one, to which it doesn't say how many were asked for. Its own command line does.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from colorizer.errors import ColorizerError


def left_to_start() -> bool:
    """Whether this is the one process that Accelerate started on a processor, asked for several."""
    asked = os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true" and "MASTER_PORT" in os.environ
    return asked and not {"LOCAL_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK"} & set(
        os.environ
    )


def start(words: Sequence[str]) -> int:
    """Run `python -m colorizer` with these words in as many processes as were asked for; returns 1 when one
    of them fails, which will have said why."""
    import psutil
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as launch

    processes, machines, machine = _asked_for(psutil.Process().parent().cmdline())
    each = processes // machines
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // each)))
    meet = ["--standalone"]
    if machines > 1:
        address, port = os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]
        meet = [f"--nnodes={machines}", f"--node_rank={machine}"]
        meet += [f"--master_addr={address}", f"--master_port={port}"]
    try:
        launch([*meet, f"--nproc_per_node={each}", "-m", "colorizer", *words])
    except ChildFailedError:
        return 1
    except SignalException:  # Ctrl-C, passed on to all of them
        return 130
    return 0


def _asked_for(command: Sequence[str]) -> tuple[int, int, int]:
    """The processes and machines that Accelerate's command line asks for, or else its configuration, and this
    machine's number."""
    from accelerate.commands.launch import launch_command_parser, load_config_from_file

    try:
        given = launch_command_parser().parse_args(command[list(command).index("launch") + 1 :])
        file = None if given.num_processes else load_config_from_file(given.config_file)
        asked = file or given
        return int(asked.num_processes), int(asked.num_machines or 1), int(asked.machine_rank or 0)
    except (ValueError, TypeError, SystemExit):
        raise ColorizerError(
            "accelerate was asked for several processes and started one, which can't find out how many. Call "
            "it as `accelerate launch --cpu --num_processes N -m colorizer train ...`, from no other program."
        ) from None
