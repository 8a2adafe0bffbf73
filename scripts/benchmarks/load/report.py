"""Tables of measured times."""

from scripts.benchmarks.load.locusts import Times


def percentile(ordered: list[float], share: float) -> float:
    """
    Return the value that *share* of the *ordered* values do not exceed.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    return ordered[max(0, min(len(ordered) - 1, int(len(ordered) * share + 0.999999) - 1))]


def table(times: Times) -> str:
    """Return a table with one line per kind of request."""
    lines = [f"{'':18}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}"]
    for kind in sorted(times.milliseconds.keys() | times.errors.keys()):
        ordered = sorted(times.milliseconds.get(kind, []))
        points = "".join(f"{percentile(ordered, share):>9.1f}" for share in (0.5, 0.95, 0.99)) if ordered else ""
        lines.append(f"{kind:18}{len(ordered):>9}{points}{times.errors.get(kind, 0):>8}")
    return "\n".join(lines)


def ratio(times: Times) -> str:
    """Compare the median times of a page and of a write with the yardstick's."""
    lines = []
    for ours, bare, what in (
        ("page", "bare Flask", "the same bytes take from bare Flask"),
        ("POST /leads", "bare INSERT", "one INSERT takes with bare Flask"),
    ):
        if ours in times.milliseconds and bare in times.milliseconds:
            own, other = (percentile(sorted(times.milliseconds[kind]), 0.5) for kind in (ours, bare))
            lines.append(f"{ours}: {own / other:.1f} times what {what} (p50)")
    return "\n".join(lines)


def tail(times: Times) -> str:
    """
    State the pages per second, and the ratio of the 99th percentile to the median once all clients have connected.

    >>> from scripts.benchmarks.load.journal import Journal
    >>> tail(Times({"page": [100.0] * 98 + [250.0] * 2}, {}, Journal(), seconds=2.0))
    '50 pages a second; p99 is 2.5 times p50 (target: 3)'
    """
    ordered = sorted(times.milliseconds["page"])
    slow = percentile(ordered, 0.99) / percentile(ordered, 0.5)
    pages = sum(len(each) for kind, each in times.milliseconds.items() if kind.startswith("page"))
    return f"{pages / times.seconds:.0f} pages a second; p99 is {slow:.1f} times p50 (target: 3)"
