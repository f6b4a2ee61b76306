"""The Python interface, a module for each thing that one asks for; `loadstone` itself offers all of it by name.

What it is: the right end of the house, as `cli` is: arguments checked, rooms called in their order, results handed out.
What it is not: a place where anything is read, computed or drawn.
"""
