"""docs/performance.md from a benchmark."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from fer_lightning.results.escaping import markdown_text
from fer_lightning.results.report.write_tables import markdown_table
from tools.performance.figures import BARE, OURS, Benchmark, Figure

WALL, CPU = "wall clock", "processor"
NOTES = (
    "Time is that of the clock on the wall, and that which the processor spent on the process (all of its threads): "
    "other programs take turns with a benchmark on a busy machine, but their turns are not in its processor time.",
    "Every measurement is a process of its own. fer-train and the bare loop take turns (A B A B), and a ratio is of "
    "two neighbours, so that a machine whose speed drifts does not decide it.",
    "The bare loop (tools/performance/bare_loop.py) has the same net, batch size, precision, memory-mapped pixels "
    "and albumentations transforms, a DataLoader that takes image by image, and nothing else: no metrics, no checks, "
    "no logger, no checkpoint.",
    "Images/s are of all steps but the first, from the end of the first step to the end of the last, waits for data "
    "included. Neither side has loading processes (`data.num_workers=0`).",
    "Waiting: share of this time in which the loop waited for its next batch.",
    "First step: seconds from the start of the process to its first training step: imports, config, every check before "
    "training, data. fer-train reads every byte of its cache and digests every image in it.",
    "Memory is looked at 50 times per second. Own: anonymous memory at most. Resident at most has the pages of "
    "memory-mapped files in it, too, which the system takes back when it needs them.",
    "Prediction: `fer_lightning.load(...).probabilities` of uint8 faces, and the forward of the same net with "
    "normalisation and softmax, in turn in one process; a value is the median of the calls of one round.",
    "The images are drawn faces of 48x48 pixels, repeated with another number in their corner, and read from the cache "
    "of prepared data: the time in which files are decoded for the first time is not in any figure.",
)


def markdown(benchmark: Benchmark) -> list[str]:
    """The page, line by line."""
    settings = benchmark.settings
    sizes: list[int] = list(settings["sizes"])
    loads = benchmark.load_average
    how = (
        f"ResNet of widths {list(settings['widths'])} at 48 pixels, batch size {settings['batch_size']}, precision "
        f"{settings['precision']}, {settings['steps']} steps, threads per process: {settings['threads']}"
    )
    return [
        "# Performance",
        "",
        "`make bench` measures fer-train and prediction beside bare PyTorch, and writes this page and bench.json.",
        "",
        f"    {benchmark.command}",
        "",
        f"{markdown_text(benchmark.machine)}; {', '.join(f'{k} {v}' for k, v in benchmark.versions.items())}; {how}.",
        f"Begun {benchmark.started}, ended {benchmark.finished}. Load average of one minute before each round and at "
        f"the end: {', '.join(f'{load:.1f}' for load in loads)}{_busy(loads, benchmark)}.",
        "",
        f"A cell is the median of {settings['rounds']} rounds, with the smallest and the largest in brackets.",
        "",
        "## Training",
        "",
        *_training(benchmark, sizes[0]),
        "",
        "## Start-up",
        "",
        *_start_up(benchmark),
        "",
        "## Prediction",
        "",
        *_prediction(benchmark, sizes[0]),
        "",
        f"## From {sizes[0]:,} to {sizes[-1]:,} images",
        "",
        *_growth(benchmark, sizes),
        "",
        *_memory_growth(benchmark, sizes),
        "",
        "## How it is measured",
        "",
        *(f"- {note}" for note in NOTES),
    ]


def _busy(loads: Sequence[float], benchmark: Benchmark) -> str:
    processors = int(benchmark.settings["processors"])
    if max(loads) <= processors + 1:  # the benchmark itself is one
        return ""
    return f" on {processors} processors: others ran too, and absolute figures are worse than on a quiet machine"


def _training(benchmark: Benchmark, images: int) -> list[str]:
    lines = [
        ["augmentation", "time", "fer-train, images/s", "bare loop, images/s", "ratio", "waits", "bare loop waits"]
    ]
    for augment in ("none", "flip_crop"):
        cell = _finder(benchmark, images, f"augment={augment}")
        rates = [cell("training_images_per_second", side) for side in (OURS, BARE)]
        waits = [cell("waiting_share", side, share=True) for side in (OURS, BARE)]
        lines.append([augment, WALL, *rates, cell("training_ratio", digits=3), *waits])
        rates = [cell("training_images_per_cpu_second", side) for side in (OURS, BARE)]
        lines.append([augment, CPU, *rates, cell("training_cpu_ratio", digits=3), "", ""])
    return _table(lines, 2)


def _start_up(benchmark: Benchmark) -> list[str]:
    found = [figure for figure in benchmark.figures if figure.name == "process_seconds"]
    lines = [["process", f"seconds, {WALL}", f"seconds, {CPU}"]]
    for figure in found:
        cpu = benchmark.find("process_cpu_seconds", figure.side, None, figure.variant)
        lines.append([figure.variant, _cell(figure, digits=2), _cell(cpu, digits=2)])
    return _table(lines, 1)


def _prediction(benchmark: Benchmark, images: int) -> list[str]:
    lines = [["faces per call", "time", "fer_lightning, ms", "bare net, ms", "ratio"]]
    for batch, _ in benchmark.settings["calls"]:
        cell = _finder(benchmark, images, f"batch={batch}")
        for time, name, ratio in (
            (WALL, "prediction_milliseconds", "prediction_ratio"),
            (CPU, "prediction_cpu_milliseconds", "prediction_cpu_ratio"),
        ):
            sides = [cell(name, side, digits=2) for side in (OURS, BARE)]
            lines.append([str(batch), time, *sides, cell(ratio, digits=3)])
    return _table(lines, 2)


def _growth(benchmark: Benchmark, sizes: Sequence[int]) -> list[str]:
    calls = [str(batch) for batch, _ in benchmark.settings["calls"]]
    head = ["images", "time", "images/s", "ratio to bare", "first step, s", "bare, first step, s"]
    lines = [[*head, *(f"predict {batch}, ms" for batch in calls)]]
    for images in sizes:
        cell = _finder(benchmark, images, "augment=flip_crop")
        for time, rate, ratio, first, predict in (
            (WALL, "training_images_per_second", "training_ratio", "seconds_to_first_step", "prediction_milliseconds"),
            (
                *(CPU, "training_images_per_cpu_second", "training_cpu_ratio", "cpu_seconds_to_first_step"),
                "prediction_cpu_milliseconds",
            ),
        ):
            training = [cell(rate), cell(ratio, digits=3), *(cell(first, side, digits=1) for side in (OURS, BARE))]
            of_calls = [_finder(benchmark, images, f"batch={batch}")(predict, digits=2) for batch in calls]
            lines.append([f"{images:,}", time, *training, *of_calls])
    return _table(lines, 2)


def _memory_growth(benchmark: Benchmark, sizes: Sequence[int]) -> list[str]:
    columns = [
        ("fer-train, own MB", "training_anonymous_memory", OURS, "augment=flip_crop"),
        ("fer-train, resident MB", "training_peak_memory", OURS, "augment=flip_crop"),
        ("bare loop, own MB", "training_anonymous_memory", BARE, "augment=flip_crop"),
        ("bare loop, resident MB", "training_peak_memory", BARE, "augment=flip_crop"),
        ("prediction, own MB", "prediction_anonymous_memory", OURS, ""),
        ("prediction, resident MB", "prediction_peak_memory", OURS, ""),
    ]
    lines = [["images", *(name for name, *_ in columns)]]
    for images in sizes:
        cells = [_cell(benchmark.find(name, side, images, variant)) for _, name, side, variant in columns]
        lines.append([f"{images:,}", *cells])
    return _table(lines, 0)


def _table(lines: Sequence[Sequence[str]], text_columns: int) -> list[str]:
    """A Markdown table; the first line is its head."""
    head, *body = lines
    return markdown_table(pd.DataFrame(body, columns=head), text_columns)


def _finder(benchmark: Benchmark, images: int, variant: str) -> Callable[..., str]:
    """A function from the name of a figure, and its side, to its cell."""

    def cell(name: str, side: str = OURS, digits: int = 0, share: bool = False) -> str:
        return _cell(benchmark.find(name, side, images, variant), digits, share)

    return cell


def _cell(figure: Figure | None, digits: int = 0, share: bool = False) -> str:
    """Median (minimum to maximum); a share in percent."""
    if figure is None:
        return "-"
    low, high = min(figure.values), max(figure.values)
    if share:
        return f"{100 * figure.median:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"{figure.median:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"
