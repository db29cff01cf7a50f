"""What people do: one function each, inside the one transaction of a `Work`."""
