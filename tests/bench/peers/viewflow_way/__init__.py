"""Viewflow through its activation API, as its documents tell."""
