"""Bytes to plain values: the hostile-input boundary.

Every reader here takes a buffer (bytes, a memory map or a memoryview) or a binary stream, believes no length before
it has met a named cap (`limits`) and the bytes in hand, and raises `FormatError` with a byte offset.
Paths and models never enter this room.
"""
