"""`python -m loadstone` is the command `loadstone`."""

import sys

from loadstone.cli import main

if __name__ == "__main__":
    sys.exit(main())
