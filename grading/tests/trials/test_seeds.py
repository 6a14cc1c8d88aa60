"""The verdicts of the hidden tests do not hang on the seed that drew their inputs."""

import zlib

import pytest

from grading.release import assignment as assignments
from grading.trials import catalogue, trial

ASSIGNMENTS = {name: assignments.load(name) for name in assignments.names()}
CELLS = {name: trial.test_cells(assignment) for name, assignment in ASSIGNMENTS.items()}
SEEDS = tuple(range(1000, 1200))
FEW = SEEDS[::20]         # where processor time decides, which no seed changes


def draws(cell):
    return FEW if cell.name.endswith("-loops") else SEEDS


def seeded(name, function=None):
    """Hidden cells with random inputs, of one function or of all."""
    return [cell for cell in CELLS[name] if cell.hidden and "default_rng(" in cell.source
            and function in (None, cell.functions[0])]


@pytest.mark.parametrize("name, cell", [(name, cell) for name in ASSIGNMENTS for cell in seeded(name)],
                         ids=lambda value: getattr(value, "name", value))
def test_the_reference_passes_for_every_seed(name, cell):
    verdicts = trial.run(ASSIGNMENTS[name], {}, [cell], draws(cell))
    assert {message for verdict in verdicts for message in verdict.values()} == {""}


def spread(name, count=20):
    """Entries spread over the catalogue whose function has hidden tests with random inputs."""
    entries = [entry for entry in catalogue.mistakes(ASSIGNMENTS[name]) if seeded(name, entry.function)]
    return entries[::max(1, len(entries) // count)][:count]


@pytest.mark.parametrize("name, entry", [(name, entry) for name in ASSIGNMENTS for entry in spread(name)],
                         ids=lambda value: getattr(value, "label", value))
def test_a_known_mistake_has_the_same_verdict_for_every_seed(name, entry):
    for chosen in (FEW, SEEDS):
        cells = [cell for cell in seeded(name, entry.function) if draws(cell) is chosen]
        verdicts = trial.run(ASSIGNMENTS[name], trial.entry_source(entry), cells, chosen[::2])
        assert len({tuple(sorted(cell for cell, message in verdict.items() if message)) for verdict in verdicts}) == 1


def turn(name):
    """A third of the catalogue, each entry with three seeds: which they are changes with the cells of its function."""
    for entry in catalogue.mistakes(ASSIGNMENTS[name]):
        cells = "".join(cell.source for cell in seeded(name, entry.function))
        drawn = zlib.crc32(f"{entry.label} {cells}".encode())
        if drawn % 3 == 0:
            yield entry, tuple(drawn // 3 % 10**6 + number for number in range(3))


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_no_verdict_of_a_large_part_of_the_catalogue_hangs_on_the_seed(name):
    found = {entry.label: trial.wavering(ASSIGNMENTS[name], entry, CELLS[name], seeds) for entry, seeds in turn(name)}
    assert {label: cells for label, cells in found.items() if cells} == {}
