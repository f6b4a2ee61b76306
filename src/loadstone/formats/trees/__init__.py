"""Where a model's files lie: a folder, an archive's members, a packed file, all seen as a `Tree`."""
