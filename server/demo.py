"""A made-up province, so that the first start shows something."""
