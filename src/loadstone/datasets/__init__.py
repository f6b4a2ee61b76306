"""Annotated pictures: `readers` and `writers`, a file for each format; what is wrong with a dataset; its stream.

Every format becomes a `facts.dataset.Dataset`; pictures are decoded only when they are streamed.
"""
