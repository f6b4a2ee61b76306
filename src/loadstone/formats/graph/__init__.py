"""What every format with a graph shares: its nodes, operations, constants, variables and ports."""
