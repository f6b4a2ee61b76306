"""What checkpoints and SavedModels share: bundles, slices, shards, the object graph."""
