"""A press that dies over every manuscript."""

import sys
from multiprocessing.connection import Connection

if __name__ == "__main__":
    Connection(int(sys.argv[1])).recv()
