"""The parts of the value grammar behind targets.values: record, numerals, measures, changes, printing, suggestions.

Pure. Others import targets.values; only that door and the checks look in here.
"""
