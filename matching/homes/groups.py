"""Groups of adverts of one home, out of comparisons of pairs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from matching.homes.adverts import AdvertFacts, keys
from matching.homes.same_home import ENOUGH, is_different, points

#: An advert that is like two different homes, one by less than so many points more than the other, is of neither.
CLEARLY = 1.0

Edges = Mapping[tuple[int, int], float]


def edges_between(adverts: Sequence[AdvertFacts], keys_of: Mapping[int, Iterable[int]]) -> dict[tuple[int, int], float]:
    """The pairs (smaller id, larger id) that look like one home, with their points; only adverts that share a key."""
    at: dict[int, list[AdvertFacts]] = defaultdict(list)
    for advert in adverts:
        for key in keys_of[advert.id]:
            at[key].append(advert)
    compared: set[tuple[int, int]] = set()
    edges = {}
    for block in at.values():
        for left, right in combinations(sorted(block, key=lambda each: each.id), 2):
            pair = (left.id, right.id)
            if pair in compared:
                continue
            compared.add(pair)
            score = points(left, right)
            if score >= ENOUGH:
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
    """
    The groups of two adverts and more, each as rising ids; by smallest id.

    Each connected component of pairs that look alike is a function of its own adverts alone, so whatever holds all of a
    component gives the groups that the whole market would.
    """
    by_id = {advert.id: advert for advert in adverts}
    edges = edges_between(adverts, {advert.id: keys(advert) for advert in adverts})
    all_groups = []
    for component in components(edges):
        inside = {pair: score for pair, score in edges.items() if pair[0] in component}
        all_groups += _groups_of_component(by_id, inside)
    return sorted(all_groups)


def _groups_of_component(by_id: Mapping[int, AdvertFacts], edges: Edges) -> list[list[int]]:
    """
    Pairs are joined best first, unless that would put two adverts that contradict each other into one group.

    An advert that is like two different homes about as much tells of neither: both pairs are dropped.
    """
    doubtful = _doubtful(by_id, edges)
    group_of: dict[int, set[int]] = {}
    for pair in sorted(edges, key=lambda pair: (-edges[pair], pair)):
        if pair in doubtful:
            continue
        mine, theirs = (group_of.get(each, {each}) for each in pair)
        if mine is theirs or any(is_different(by_id[left], by_id[right]) for left in mine for right in theirs):
            continue
        joined = mine | theirs
        for each in joined:
            group_of[each] = joined
    return [sorted(group) for group in {id(group): group for group in group_of.values()}.values()]


def _doubtful(by_id: Mapping[int, AdvertFacts], edges: Edges) -> set[tuple[int, int]]:
    pairs_of: dict[int, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for left, right in edges:
        pairs_of[left].append((right, (left, right)))
        pairs_of[right].append((left, (left, right)))
    doubtful = set()
    for likes in pairs_of.values():
        for (left, pair), (right, other_pair) in combinations(likes, 2):
            if abs(edges[pair] - edges[other_pair]) < CLEARLY and is_different(by_id[left], by_id[right]):
                doubtful |= {pair, other_pair}
    return doubtful
