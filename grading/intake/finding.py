"""Which of the handed in files are the assignment's, wherever they lie and whatever became of their names."""

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from grading.errors import few

_OLD = re.compile(r"(?:^|[ _.-])(?:back-?ups?|old|copy|copies|drafts?|archive|trash|previous|te?mp)(?:$|[ _.\d-])")
_COPY = re.compile(r"(?P<joined>\(\d+\)$|(?<=[ _-])copy[ _-]*\d*$)|[ _-]\d{1,2}$")    # `joined`: by blanks, if any
_COPIES = 8                                        # of copies: so often is what systems add taken off
_LOOKED_AT = 100                                   # copies of one file, for one that is worked on
_ENDINGS = ".ipynb", ".py"
_ADDED = re.compile(r"\.(?:json|txt|html?|download|bak)$")
EXACT, RECASED, COPIED, LONGER = range(4)          # how a name differs from the one that is expected


class Candidate(NamedTuple):
    """A file that may be one of the assignment's; the smaller it sorts, the likelier it is."""

    old: bool                 # lies in a folder for copies, or calls itself one
    rank: int
    missing: int              # folders of the expected path that are not there
    depth: int
    name: str


class Found(NamedTuple):
    """files: the assignment's name -> the name it was handed in under; remarks: what is to be said of it."""

    files: dict[str, str]
    remarks: list[str]


def find(names: Iterable[str], wanted: tuple[str, ...], worked_on: Callable[[str, str], bool]) -> Found:
    """Find the assignment's files among the handed in ones.

    The folder that holds most of them counts, and what it lacks is taken from elsewhere.

    - names: paths inside the submission
    - wanted: the assignment's paths, such as knn.ipynb and cs231n/layers.py
    - worked_on: worked_on(wanted, name) tells whether a copy differs from what was handed out; asked of copies only
    """
    candidates: dict[str, list[tuple[Candidate, str | None]]] = {name: [] for name in wanted}
    for name in names:
        for one, candidate, top in _candidates(name, wanted):
            candidates[one].append((candidate, top))
    tops: dict[str, set[str]] = {}
    for one, found in candidates.items():
        for _, top in found:
            if top is not None:
                tops.setdefault(top, set()).add(one)
    ordered = sorted(tops, key=lambda top: (-len(tops[top]), _is_old(top), top.count("/"), len(top), top))
    chosen, remarks, beside = {}, [], []
    best = ordered[0] if ordered else None
    for one in wanted:
        copies = _likeliest([(candidate, top is not None and top == best) for candidate, top in candidates[one]])
        if not copies:
            continue
        looked_at = copies[:_LOOKED_AT] if copies[1:] else []
        taken = next((copy for copy in looked_at if worked_on(one, copy.name)), copies[0])
        chosen[one] = taken.name
        if taken.name != f"{best or ''}{one}":
            remarks.append(f"{one} was taken from {taken.name}")
        beside += [copy.name for copy in copies if copy is not taken]
    passed = [top for top in ordered[1:] if len(tops[top]) > 1 and not any(
        name.startswith(top) and not name.startswith(best) for name in chosen.values())]
    if passed:
        remarks.append(f"taken from {best or 'the top'}, passed over: {few(passed, 3)}")
    if beside:
        remarks.append(f"passed over beside what was taken: {few(beside, 3)}")
    return Found(chosen, remarks)


def _likeliest(candidates: list[tuple[Candidate, bool]]) -> list[Candidate]:
    """Those of the best kind there is: named as expected or as copies are, in the best folder; then elsewhere."""
    kinds: dict[tuple[bool, bool], list[Candidate]] = {}
    for candidate, in_best in candidates:
        kinds.setdefault((candidate.rank == LONGER, not in_best), []).append(candidate)
    return sorted(kinds[min(kinds)]) if kinds else []


def _candidates(name: str, wanted: tuple[str, ...]) -> Iterable[tuple[str, Candidate, str | None]]:
    """For each file of the assignment that this one may be: (it, candidate, the folder it would be laid out in)."""
    parts = name.split("/")
    kind, plain = _plain(parts[-1])
    if not kind:
        return
    for one in wanted:
        expected = one.split("/")
        rank = _rank(parts[-1], plain, expected[-1], kind)
        if rank is None:
            continue
        shared = 1
        while shared < min(len(parts), len(expected)) and _alike(parts[-1 - shared], expected[-1 - shared]):
            shared += 1
        missing, depth = len(expected) - shared, len(parts) - shared
        top = None if missing else "".join(part + "/" for part in parts[:depth])
        old = _is_old("".join(part + "/" for part in parts[:depth])) or rank == LONGER and _is_old(parts[-1])
        yield one, Candidate(old, rank, missing, depth, name), top


def _rank(base: str, plain: str, expected: str, kind: str) -> int | None:
    if base == expected:
        return EXACT
    stem, ending = PurePosixPath(expected).stem, PurePosixPath(expected).suffix
    if kind != ending:
        return None
    if base.casefold() == expected.casefold():
        return RECASED
    if plain == stem:
        return COPIED
    return LONGER if re.search(rf"(?:^|_){re.escape(stem)}(?:$|_)", plain) else None


def _plain(base: str) -> tuple[str, str]:
    """(.ipynb or .py, the name without it and without what systems add to a copy's), or two empty texts."""
    text = base.casefold().strip()
    for _ in range(_COPIES):
        shorter = _ADDED.sub("", text)
        if not any(ending in shorter for ending in _ENDINGS):
            break
        text = shorter
    text = re.sub(r"(\.ipynb|\.py)(?:[ _-]*\(\d+\)|[_-]\d{1,2})$", r"\1", text)
    kind = next((ending for ending in _ENDINGS if text.endswith(ending)), "")
    if not kind:
        return "", ""
    stem = text.removesuffix(kind).strip()
    for _ in range(_COPIES):
        if not (added := _COPY.search(stem)):
            break
        stem = stem[:added.start()].rstrip(" _-") if added["joined"] else stem[:added.start()]
    stem = re.sub(r"^copy[ _-]+of[ _-]+", "", stem)
    return kind, re.sub(r"[ -]+", "_", stem)


def _alike(part: str, expected: str) -> bool:
    return part.casefold() == expected.casefold()


def _is_old(path: str) -> bool:
    return any(_OLD.search(part) for part in path.casefold().split("/"))
