"""A press that takes a manuscript and never answers."""

import sys
from multiprocessing.connection import Connection

if __name__ == "__main__":
    pipe = Connection(int(sys.argv[1]))
    pipe.recv()
    pipe.recv()
