"""Which column of an exchanged file holds what: data, one toml a profile, with a default. Pure. Read by lists,
execution and exchange.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"


@cache
def load(profile: str) -> dict[str, Any]:
    """Return the mapping of a profile (mappings_<profile>.toml), else the default one."""
    own = FOLDER / f"mappings_{profile}.toml"
    path = own if own.is_file() else FOLDER / "mappings_default.toml"
    return tomllib.loads(path.read_text("utf-8"))
