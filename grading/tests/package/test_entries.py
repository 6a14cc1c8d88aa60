"""Loops that take the entries of an array one by one are found in the source, and nothing else is."""

import pytest

from cs231n._entries import read_entries


@pytest.mark.parametrize("line", [
    "loss = -sum([logs[i, y[i]] for i in range(N)])", "loss = sum(row[c] for row, c in zip(logs, y))",
    "for i in range(N): P[i, y[i]] -= 1", "for i, c in enumerate(y): P[i][c] -= 1",
    "right = list(map(lambda i: S[i, y[i]], rows))", "right = {i: S[i, 0] for i in rows}",
    "while i < N: loss, i = loss + S[i, y[i]], i + 1",
])
def test_a_loop_over_entries_is_found_in_its_line(line):
    assert read_entries(f"def f(S, y):\n    N = len(y)\n    {line}\n", "f") == [3]


@pytest.mark.parametrize("line", [
    "right = S[np.arange(N), y]", "for c in range(C): dW[:, c] = X.T @ S[:, c]", "names = [words[c] for c in y]",
    "for s in range(0, N, 16): block = X[s:s + 16, 0]", "assert all(S[i, y[i]] > 0 for i in range(N))",
    "print([S[i, y[i]] for i in range(N)])", "for i in range(N): dists[i, :] = 0", "rows = [i for i in range(N)]",
    "for i in range(N): x = X[i][None]", "for p in params: grads[p] = 0", "x = S[()]",
])
def test_other_loops_and_whole_arrays_are_none(line):
    assert read_entries(f"def f(S, y):\n    N = len(y)\n    {line}\n", "f") == []
