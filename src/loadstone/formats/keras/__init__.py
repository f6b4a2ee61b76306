"""What the formats of Keras share: configurations, layers, their order and shapes, what a file would make Keras do."""
