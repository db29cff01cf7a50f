"""What the tests of the gateways share: hypothesis without a clock."""

from hypothesis import settings

# A busy machine is no reason to fail: no example is judged by the clock.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
