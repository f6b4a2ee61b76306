"""A training from its first step to its last: the loop, the folder that it lies in, what it keeps and what it logs.

What it is: `loop.Loop`, which knows a step, a stream of batches and a folder. What it is not: models or datasets.
"""
