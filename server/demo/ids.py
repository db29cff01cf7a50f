"""Ids of the demonstration's records: the same in each, made from what they stand for."""

from uuid import UUID, uuid5

SEED = "xunting-demo-1"
_NAMESPACE = UUID("7d1c3a52-5b0e-5d55-8f5e-64d1b6a0c001")


def named(kind: str, key: str) -> UUID:
    """The id of a record of the demonstration."""
    return uuid5(_NAMESPACE, f"{kind}:{key}")
