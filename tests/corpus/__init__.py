"""A varied corpus of target tables, made by a generator and by hand, with what a careful person would read from each.

`forms` lays a content out in the ways of many governments, `carriers` writes it as a file, `sampling` draws cases from
independent dimensions with a fixed seed, `byhand` holds single cases, `score` compares what was read with what is true.
Layouts follow facts about published forms; every word of content is made up here.
"""
