"""Exports: a rebuilt detector written as a file that other engines run, then read again and compared.

What it is: a detector as data (blueprint and arrays), assembled once in a small vocabulary (`dialect`) and written by
one module a target. What it is not: a converter of arbitrary graphs; only what is rebuilt here is exported.
"""

from __future__ import annotations
