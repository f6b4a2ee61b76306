"""Feature extractors' backbones, one family a file; each returns the tensors that necks and heads tap."""
