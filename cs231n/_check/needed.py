"""Which cells of a notebook a check needs, by the names that they read, bind and change.

On the safe side: a cell that may matter is run. What a cell imports as all others do that bind the name is imported
where it is read, without the rest of the cell.
"""


def needed(cells, reader):
    """Return (numbers of the cells that have to run before the cell `reader`, {number: import statements before it}).

    Inputs:
    - cells: list of Facts
    - reader: a number; itself among the numbers that are returned
    """
    shared, tied = _shared_imports(cells), _tied(cells)
    changes = [_spread(facts.touches | _called(cells, facts), tied) for facts in cells]
    found, waiting, imports = set(), [reader] + [n for n in range(reader) if cells[n].wild], {}
    while waiting:
        number = waiting.pop()
        if number in found:
            continue
        found.add(number)
        facts = cells[number]
        imports[number] = sorted({shared[name] for name in facts.now | facts.later if name in shared})
        later = facts.later if _escapes(cells, number) else set()
        for name in facts.now | (facts.later - facts.certain) | later:
            for before in range((reader if name in later else number) - 1, -1, -1):
                binds = name in cells[before].binds and name not in shared
                if before != number and (binds or name in changes[before]):
                    waiting.append(before)
                if binds and name not in later and name in cells[before].certain:
                    break
    return sorted(found), imports


def _escapes(cells, number):
    """Whether another cell names a function that this one defines: it may be called at any time."""
    defines = cells[number].inside.keys()
    return any(not defines.isdisjoint(one.now | one.later) for place, one in enumerate(cells) if place != number)


def _shared_imports(cells):
    """{name: the import statement by which all cells bind it that do}."""
    origins = {}
    for facts in cells:
        for name in facts.binds:
            origins.setdefault(name, set()).add(facts.imports.get(name))
    return {name: those.pop() for name, those in origins.items() if len(those) == 1 and None not in those}


def _tied(cells):
    """{name: all names whose value may be a part of the same}."""
    group = {}
    for facts in cells:
        for one, other in facts.ties:
            joined = group.get(one, {one}) | group.get(other, {other})
            for name in joined:
                group[name] = joined
    return group


def _spread(names, tied):
    return set().union(names, *(tied.get(name, ()) for name in names))


def _called(cells, facts):
    """What the notebook's functions change that a cell names, here and in one another."""
    found, waiting, seen = set(), list(facts.now), set()
    inside = {}
    for one in cells:
        inside.update(one.inside)
    while waiting:
        name = waiting.pop()
        if name in inside and name not in seen:
            seen.add(name)
            changed, reads = inside[name]
            found |= changed
            waiting += reads
    return found
