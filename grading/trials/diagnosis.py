"""One sentence on what happened to a submission, for the instructor's table and the student's feedback."""

from grading.books.results import Result
from grading.engine import MAX_TEXT, parsing
from grading.engine.telling import COSTS
from grading.errors import few

UNIMPLEMENTED = " is not implemented yet"
_LOOKS = {"mistake": " looks like a known mistake: ", "convention": " looks like another year's convention: ",
          "difference": ": "}


def remarks(modules: dict[str, str], result: Result) -> list[str]:
    """Sentences about modules that do not load and functions that are not written; `modules`: path -> text."""
    unloaded: dict[str, dict[str, None]] = {}    # sentence -> what else needs the module
    for cell in result.cells.values():
        if sentence := cell.get("unloaded"):
            more = cell["message"].removeprefix(sentence).split("; ")[1:]
            unloaded.setdefault(sentence, {}).update(dict.fromkeys(more))
    found = ["; ".join([sentence, *more]) for sentence, more in unloaded.items()]
    for name, content in modules.items():
        problem = syntax_problem(content)
        if problem and not any(sentence.startswith((f"{name} line", f"{name}:")) for sentence in found):
            found.append(f"{name}{' ' if problem.startswith('line ') else ': '}{problem}{COSTS}")
    missing = {cell["message"].split(UNIMPLEMENTED)[0].split(": ")[-1]
               for cell in result.cells.values() if UNIMPLEMENTED in cell["message"] and not cell.get("unloaded")}
    if missing:
        found.append(f"not implemented: {', '.join(sorted(missing))}")
    return found


def syntax_problem(content: str) -> str:
    """One clause on why a module cannot be parsed, or "" when it can or is too long to be tried."""
    if len(content) > MAX_TEXT:
        return ""
    try:
        parsing.parse(content)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return f"cannot be parsed ({error})"
    return ""


def sentence(result: Result) -> str:
    """The submission in one line: what is wrong with it as a whole, else which cells it lost and how."""
    if result.fault:
        return result.fault
    lost = [(name, cell) for name, cell in result.cells.items() if cell["outcome"] not in ("passed", "manual")]
    told = [remark for remark in result.remarks if COSTS in remark]
    told += [known["function"] + _LOOKS[known.get("kind", "mistake")] + known["says"].rstrip(".")
             for known in result.named]
    told += [remark for remark in result.remarks if COSTS not in remark]
    by_outcome: dict[str, list[str]] = {}
    for name, cell in lost:
        if UNIMPLEMENTED not in cell["message"] and not cell.get("unloaded"):
            by_outcome.setdefault(cell["outcome"], []).append(name)
    for outcome, words in (("timed_out", "ran too long"), ("error", "stopped with an error"),
                           ("skipped", "not run"), ("failed", "wrong")):
        if outcome in by_outcome:
            told.append(f"{words}: {few(by_outcome[outcome], 6)}")
    if not lost:
        told.insert(0, "all tests passed")
    asked = [cell for cell in result.cells.values() if cell["outcome"] == "manual"]
    if unanswered := sum(bool(cell["message"]) for cell in asked):
        told.append(f"{unanswered} of {len(asked)} inline questions not answered")
    return "; ".join(told)
