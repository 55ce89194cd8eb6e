"""A process may be killed at any moment: what was acknowledged stays, and nothing is half done."""

import signal

import pytest

from tests.crash.kills import kill_again_and_again
from tests.crash.promises import BrokenPromise
from tests.crash.sabotage import KINDS

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")


@pytest.mark.parametrize("seed", range(10))
def test_every_acknowledged_operation_outlives_kills_at_any_moment(seed: int) -> None:
    kill_again_and_again(f"seed {seed}", kills=7)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 140))
def test_every_acknowledged_operation_outlives_hundreds_of_kills(seed: int) -> None:
    kill_again_and_again(f"seed {seed}", kills=15)


@pytest.mark.parametrize("broken", KINDS)
def test_a_broken_promise_is_noticed(broken: str) -> None:
    with pytest.raises(BrokenPromise, match="with seed"):
        kill_again_and_again("sabotage", kills=200, broken=broken)
