"""The engine's number: it says by which way of computing the stored figures of a period came about."""

from __future__ import annotations

ENGINE = 7
"""Raised with every change of what is computed or how it is explained, so that a period that was computed before is not
taken for one of which a byte was changed; 1 is whatever computed before the number was kept."""
