"""`python -m tests.bench.corpus [--seed N] [--count N] [--wrong] [--by]`: how much of the varied corpus is read right.

Asked: at least 99 % of the indicators right with category, name and value exact, nothing wrong that is unmarked, at
most 5 % of the right ones marked. Prints the cases made by hand, the tuned seed, the held-out seed, and damaged
forms; of the last it is asked only that nothing wrong is unmarked.
"""

import argparse

from tests.corpus.byhand import by_hand
from tests.corpus.damage import damaged
from tests.corpus.sampling import HELD_OUT, TUNED, cases
from tests.corpus.score import Score, scores

COUNT = 120


def line(name: str, found: Score) -> str:
    """Return one score as a line."""
    return (
        f"{name:34s} {found.right:5d}/{found.indicators:<5d} {found.share_right:7.2%} right, "
        f"unmarked {found.unmarked:3d}, right but marked {found.share_marked:6.2%}; "
        f"fields {found.fields_right}/{found.fields}, unmarked {found.fields_unmarked}"
    )


def misses(found: Score) -> bool:
    """Whether the aim is missed."""
    return found.share_right < 0.99 or found.unmarked > 0 or found.share_marked > 0.05


def main() -> int:
    """Print the figures; 1 when the aim is missed anywhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--wrong", action="store_true", help="print what is not right")
    parser.add_argument("--by", action="store_true", help="print each choice in each dimension")
    chosen = parser.parse_args()
    sets = {"by hand": by_hand()} if chosen.seed is None else {}
    for seed in (TUNED, HELD_OUT) if chosen.seed is None else (chosen.seed,):
        sets[f"seed {seed}"] = cases(seed=seed, count=chosen.count)
    if chosen.seed is None:
        sets["damaged"] = damaged(seed=HELD_OUT, count=chosen.count)
    missed = False
    for name, made in sets.items():
        whole, by_tag = scores(made)
        print(line(f"{name} ({len(made)} files)", whole))
        missed = missed or (whole.unmarked > 0 if name == "damaged" else misses(whole))
        if chosen.by:
            for (tag, choice), one in sorted(by_tag.items()):
                print("  " + line(f"{tag}: {choice}", one))
        if chosen.wrong:
            print("\n".join(f"    {text}" for text in whole.wrong))
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
