"""Tests that a machine cannot run are left out, but not where CI=true: there a test that is left out would be one that
nobody runs."""
import os
import unittest


def leave_out(why):
    """Ends the test at hand."""
    if os.environ.get("CI") == "true":
        raise AssertionError(f"CI leaves nothing out: {why}")
    raise unittest.SkipTest(why)
