"""The report of what went wrong."""

from cxgame.network import Troubles


def test_incidents_are_counted_and_stretches_measured() -> None:
    """How often, how long in all, and how long at worst."""
    troubles = Troubles()
    troubles.count("gaps")
    troubles.count("gaps", 2)
    troubles.begin("socket_down", 10.0)
    troubles.begin("socket_down", 12.0)
    assert troubles.end("socket_down", 13.0) == 3.0
    troubles.begin("socket_down", 20.0)
    assert troubles.end("socket_down", 21.0) == 1.0
    assert troubles.end("socket_down", 22.0) == 0.0, "it was not on"
    assert troubles.report(30.0) == {
        "counts": {"gaps": 3},
        "stretches": {
            "socket_down": {"times": 2, "total_s": 4.0, "longest_s": 3.0, "is_on": False}
        },
    }


def test_what_still_lasts_counts_up_to_now() -> None:
    """A report in the middle of trouble does not hide it."""
    troubles = Troubles()
    troubles.begin("view_in_doubt", 5.0)
    assert troubles.is_on("view_in_doubt")
    (stretch,) = troubles.report(9.0)["stretches"].values()
    assert stretch == {"times": 1, "total_s": 4.0, "longest_s": 4.0, "is_on": True}
