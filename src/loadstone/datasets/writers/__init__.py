"""One file for each format of annotated pictures that is written; what a writer is given is in `outgoing`."""
