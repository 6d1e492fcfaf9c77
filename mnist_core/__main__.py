"""`python -m mnist_core COMMAND`."""

import sys

from mnist_core.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
