import threading
import time

from dsnb.widgets.watching import Watch


def wait_until(condition: object) -> None:
    until = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.002)


def test_a_change_is_told_once() -> None:
    states = [object()]
    told: list[int] = []
    watch = Watch(lambda: states[-1], lambda: told.append(1), every=0.005)
    watch.renew("a")
    states.append(object())
    wait_until(lambda: told)
    time.sleep(0.05)
    watch.release("a")
    assert told == [1]


def test_it_stops_when_the_last_one_leaves() -> None:
    watch = Watch(lambda: None, lambda: None, every=0.005)
    watch.renew("a")
    watch.renew("b")
    watch.release("a")
    assert watch.is_running
    watch.release("b")
    assert not watch.is_running


def test_whoever_says_nothing_more_is_forgotten() -> None:
    watch = Watch(lambda: None, lambda: None, every=0.005, lease=0.02)
    watch.renew("a closed window")
    wait_until(lambda: not watch.is_running)


def test_a_registry_that_cannot_be_read_does_not_end_the_watch() -> None:
    looks: list[int] = []

    def look() -> object:
        looks.append(1)
        raise OSError

    watch = Watch(look, lambda: None, every=0.005)
    watch.renew("a")
    wait_until(lambda: len(looks) > 3)
    assert watch.is_running
    watch.release()
    assert not watch.is_running


def test_it_can_begin_again_at_once() -> None:
    told = threading.Event()
    states = [object()]
    watch = Watch(lambda: states[-1], told.set, every=0.005)
    for _ in range(20):
        watch.renew("a")
        watch.release("a")
    watch.renew("a")
    states.append(object())
    assert told.wait(10)
    watch.release("a")
