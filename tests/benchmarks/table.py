"""The results as tables that read well in a terminal and in Markdown alike."""

from collections.abc import Sequence

from tests.benchmarks.contest import Round, Verdict, cpu, memory, typical, wall


def medians_table(rounds: Sequence[Round]) -> str:
    """One line a tool: medians over the rounds; what it found, in the order of the rounds."""
    head = ["tool", "wall s", "CPU s", "MiB", "requests", "connections", "401s", "HTTP/2", "found"]
    return _table([head, *(_tool(rounds, tool) for tool in sorted(rounds[0]))])


def verdicts_table(verdicts: list[Verdict]) -> str:
    """One line a row: both medians, the ratio (or the figure), what was promised, whether kept."""
    head = ["work", "mirrord", "peer", "", "ratio", "must", "goal", "reached"]
    return _table([head, *map(_line, verdicts)])


def _tool(rounds: Sequence[Round], tool: str) -> list[str]:
    return [
        tool,
        f"{typical(rounds, tool, wall):.2f}",
        f"{typical(rounds, tool, cpu):.2f}",
        f"{typical(rounds, tool, memory):.0f}",
        f"{typical(rounds, tool, lambda one: one.traffic.requests):.0f}",
        f"{typical(rounds, tool, lambda one: one.traffic.connections):.0f}",
        f"{typical(rounds, tool, lambda one: one.traffic.refused):.0f}",
        f"{typical(rounds, tool, lambda one: one.traffic.http2):.0f}",
        _found(rounds, tool),
    ]


def _line(verdict: Verdict) -> list[str]:
    row = verdict.row
    return [
        row.title,
        f"{verdict.ours:.2f} {row.unit}",
        "" if verdict.peer is None else f"{verdict.peer:.2f} {row.unit}",
        row.peer or "",
        f"{verdict.figure:.2f}",
        "" if row.must is None else f"{row.must:g}",
        "" if row.goal is None else f"{row.goal:g}",
        verdict.word,
    ]


def _found(rounds: Sequence[Round], tool: str) -> str:
    found = [one[tool].found for one in rounds]
    return ", ".join(str(number) for number in found if number is not None)


def _table(lines: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = [_row(line, widths) for line in lines]
    return "\n".join([head, _row(["-" * width for width in widths], widths), *body])


def _row(cells: list[str], widths: list[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
