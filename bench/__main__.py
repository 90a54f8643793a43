"""Run every benchmark and print one table."""

from bench import imports, standing
from bench.row import Row

BENCHES = (standing.measure, imports.measure)


def main() -> None:
    table = [Row("benchmark", "result", "against"), Row("-", "-", "-")]
    table += [row for measure in BENCHES for row in measure()]
    widths = [max(len(getattr(row, name)) for row in table) for name in Row._fields]
    for row in table:
        cells = ((cell if cell != "-" else "-" * width).ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
