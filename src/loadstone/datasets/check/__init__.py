"""What is wrong with a dataset: each question one small function, its answers findings as of `loadstone check`."""
