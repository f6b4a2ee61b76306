"""TensorFlow's messages, declared field by field as far as a reader needs them; one file per family."""
