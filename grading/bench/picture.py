"""The measurements of `kit bench --scaling` as one picture, a PNG."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from grading.bench.model import Rates, forecast
from grading.bench.scaling import Scaling

_MS = 1000


def draw(measured: Scaling, rate: Rates, path: Path) -> None:
    figure = Figure(figsize=(11, 8), layout="constrained")
    (by_jobs, by_size), (books, model) = figure.subplots(2, 2)
    _by_jobs(by_jobs, measured)
    _by_size(by_size, measured)
    _books(books, measured)
    _model(model, rate)
    FigureCanvasAgg(figure).print_png(path)


def _by_jobs(axes, measured: Scaling) -> None:
    points = measured.by_jobs
    first = points[0]
    jobs = [one.jobs for one in points]
    axes.plot(jobs, [one.per_hour() for one in points], "o-", label="--jobs")
    if measured.clusters:
        axes.plot([one.jobs for one in measured.clusters], [one.per_hour() for one in measured.clusters], "s--",
                  label="a cluster's workers")
    axes.plot(jobs, [first.per_hour() * count / first.jobs for count in jobs], ":", color="grey",
              label="as many times one")
    axes.set(title=f"Throughput, {first.students} submissions", xlabel="jobs", ylabel="submissions per hour",
             ylim=(0, None), xticks=jobs)
    axes.legend()


def _by_size(axes, measured: Scaling) -> None:
    points = measured.by_size
    sizes = [one.students for one in points]
    for name, label in (("wall", "wall"), ("cpu", "CPU"), ("parent", "CPU, the parent's")):
        axes.plot(sizes, [getattr(one, name) / one.students for one in points], "o-", label=label)
    axes.set(title=f"Seconds per submission, {points[0].jobs} jobs, start included", xlabel="submissions",
             ylabel="seconds", ylim=(0, None), xticks=sizes)
    axes.legend()


def _books(axes, measured: Scaling) -> None:
    sizes = [one.students for one in measured.books]
    axes.plot(sizes, [_MS * one.record for one in measured.books], "o-", label="enter one more in the books")
    for runs, label in ((measured.unchanged, "a run: nothing has changed"), (measured.as_json, "the same with --json")):
        axes.plot(sizes, [_MS * one.wall / one.students for one in runs], "s--", label=label)
    axes.set(title="The parent, per submission", xlabel="students in the books", ylabel="milliseconds", yscale="log",
             xticks=sizes)
    axes.legend()


def _model(axes, rate: Rates) -> None:
    cores = [2**power for power in range(11)]
    for students in (1_000, 10_000, 100_000):
        hours = forecast(rate, students, cores).hours
        axes.plot(cores, [hours[count] for count in cores], label=f"{students:,} submissions")
    axes.axhline(8, color="grey", linestyle=":", label="a night")
    least = forecast(rate, 1_000, cores).hours[cores[-1]]
    axes.set(title="The model: hours by cores, one parent", xlabel="cores", ylabel="hours", xscale="log",
             yscale="log", ylim=(0.2 * least, None), xticks=cores, xticklabels=map(str, cores))
    axes.minorticks_off()
    axes.legend(loc="lower center", ncols=2, fontsize="small")
