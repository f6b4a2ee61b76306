"""A TensorFlow graph as data, and changes to it: pruning, freezing, folding. No TensorFlow, and nothing is run."""
