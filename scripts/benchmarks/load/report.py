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
    """Compare the median time of a page with the yardstick's."""
    ours, bare = (percentile(sorted(times.milliseconds[kind]), 0.5) for kind in ("page", "bare Flask"))
    return f"a page takes {ours / bare:.1f} times what the same bytes take from bare Flask (p50)"
