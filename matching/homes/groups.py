"""Groups of adverts of one home, computed from comparisons of pairs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from matching.homes.adverts import AdvertFacts, keys
from matching.homes.same_home import SAME_HOME_POINTS, is_different, points

#: If an advert resembles two different homes and their points differ by less than this, it belongs to neither.
MIN_MARGIN = 1.0
#: A key shared by more adverts is ignored: they are similar units, or have the coordinates of the town's centre.
MAX_ALIKE = 60

Edges = Mapping[tuple[int, int], float]


def edges_between(adverts: Sequence[AdvertFacts], keys_of: Mapping[int, Iterable[int]]) -> dict[tuple[int, int], float]:
    """
    The pairs (smaller id, larger id) that seem to describe one home, with their points.

    Only adverts with a common key are compared, and only by keys that at most :data:`MAX_ALIKE` adverts share, so that
    the number of comparisons grows with the number of adverts, not with its square.
    """
    by_key: dict[int, list[AdvertFacts]] = defaultdict(list)
    for advert in adverts:
        for key in keys_of[advert.id]:
            by_key[key].append(advert)
    compared: set[tuple[int, int]] = set()
    edges = {}
    for block in by_key.values():
        if len(block) > MAX_ALIKE:
            continue
        for left, right in combinations(sorted(block, key=lambda each: each.id), 2):
            pair = (left.id, right.id)
            if pair in compared:
                continue
            compared.add(pair)
            score = points(left, right)
            if score >= SAME_HOME_POINTS:
                edges[pair] = score
    return edges


def components(edges: Iterable[tuple[int, int]]) -> list[set[int]]:
    """
    >>> components([(1, 2), (2, 3), (5, 6)])
    [{1, 2, 3}, {5, 6}]
    """
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while root.setdefault(node, node) != node:
            root[node] = node = root[root[node]]
        return node

    for left, right in edges:
        root[find(left)] = find(right)
    members: dict[int, set[int]] = defaultdict(set)
    for node in list(root):
        members[find(node)].add(node)
    return sorted(members.values(), key=min)


def groups(adverts: Sequence[AdvertFacts]) -> list[list[int]]:
    """The groups of two adverts or more among *adverts*, each as ascending ids; ordered by smallest id."""
    edges = edges_between(adverts, {advert.id: keys(advert) for advert in adverts})
    return groups_of_edges({advert.id: advert for advert in adverts}, edges)


def groups_of_edges(by_id: Mapping[int, AdvertFacts], edges: Edges) -> list[list[int]]:
    """
    As :func:`groups`, from the pairs that :func:`edges_between` returned.

    The groups of a connected component depend only on its own adverts and edges, so all edges of a component are enough
    to give the same groups as the whole market.
    """
    contradictions = _Contradictions(by_id)
    component_of = {each: index for index, component in enumerate(components(edges)) for each in component}
    inside: dict[int, dict[tuple[int, int], float]] = defaultdict(dict)
    for pair, score in edges.items():
        inside[component_of[pair[0]]][pair] = score
    return sorted(group for each in inside.values() for group in _groups_of_component(contradictions, each))


class _Contradictions:
    """Which adverts contradict each other; each pair is compared once."""

    def __init__(self, by_id: Mapping[int, AdvertFacts]) -> None:
        self._by_id = by_id
        self._known: dict[tuple[int, int], bool] = {}

    def between(self, left: int, right: int) -> bool:
        pair = (left, right) if left < right else (right, left)
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = is_different(self._by_id[left], self._by_id[right])
        return known


def _groups_of_component(contradictions: _Contradictions, edges: Edges) -> list[list[int]]:
    """
    Pairs are joined best first, unless that would put two adverts that contradict each other into one group.

    If an advert resembles two different homes about equally, both pairs are dropped.
    """
    doubtful = _doubtful(contradictions, edges)
    members = {each: {each} for pair in edges for each in pair}
    group_of = {each: each for each in members}
    kept_apart: set[tuple[int, int]] = set()  # groups, by their smallest ids
    for pair in sorted(edges, key=lambda pair: (-edges[pair], pair)):
        first, second = sorted(group_of[each] for each in pair)
        if pair in doubtful or first == second or (first, second) in kept_apart:
            continue
        if any(contradictions.between(left, right) for left in members[first] for right in members[second]):
            # Groups only grow, so two groups that contradict each other stay separate.
            kept_apart.add((first, second))
            continue
        for each in members[second]:
            group_of[each] = first
        members[first] |= members.pop(second)
    return [sorted(group) for group in members.values() if len(group) > 1]


def _doubtful(contradictions: _Contradictions, edges: Edges) -> set[tuple[int, int]]:
    pairs_of: dict[int, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for left, right in edges:
        pairs_of[left].append((right, (left, right)))
        pairs_of[right].append((left, (left, right)))
    doubtful: set[tuple[int, int]] = set()
    for likes in pairs_of.values():
        for left, pair in likes:
            if pair in doubtful:
                continue  # the pairs that it makes doubtful are checked in their own turn
            for right, other_pair in likes:
                is_close = left != right and abs(edges[pair] - edges[other_pair]) < MIN_MARGIN
                if is_close and contradictions.between(left, right):
                    doubtful |= {pair, other_pair}
                    break
    return doubtful
