"""Annotated pictures: one file per format that reads and one that writes it, what is wrong with a dataset, its stream.

Every format becomes a `facts.dataset.Dataset`; pictures are decoded only when they are streamed.
"""
