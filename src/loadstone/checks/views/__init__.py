"""What several faults read of one subject, read once: `subject.view(make)` keeps what `make` gave."""
