"""More services than have windows of their own."""

from logmedic.detect import RuleConfig, SurgeRule, SurgeWindows
from logmedic.detect.surge import OVERFLOW
from logmedic.model import NANOSECONDS as S

T = 1_795_341_600 * S


class Looks(dict):
    """Counts the walks over all entries."""

    walks = 0

    def items(self):
        self.walks += 1
        return super().items()


def windows(**limits) -> SurgeWindows:
    config = RuleConfig(name="surge", kind="surge", more_than=10, within_s=300, late_s=900)
    return SurgeWindows(SurgeRule.build(config), **limits)


def test_services_beyond_the_limit_do_not_cost_a_walk_over_all_for_each_error():
    surge = windows(max_services=50)
    surge._services = looks = Looks()
    for n in range(500):
        surge.judge(f"invented{n}", T)
    assert looks.walks == 1


def test_room_is_made_once_services_have_been_quiet_for_long():
    surge = windows(max_services=2)
    for name in ("a", "b", "c"):
        surge.judge(name, T)
    assert surge.key("c") == OVERFLOW
    surge.judge("c", T + 3_600 * S)
    assert surge.key("c") == "c"
