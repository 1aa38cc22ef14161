"""-o transfers, per_host and rate are honoured."""
import threading
import time
import unittest

import harness
from harness import Content, MountCase, dd, until


def most_at_once(requests):
    """The largest number of these requests that were under way at one time."""
    marks = sorted([(r.began, 1) for r in requests] + [(r.ended, -1) for r in requests])
    most = now = 0
    for _, step in marks:
        now += step
        most = max(most, now)
    return most


class TestLimits(MountCase):
    def many(self, m, origins, n, gate, size=1000):
        names = []
        for i in range(n):
            origin = origins[i % len(origins)]
            m.drop(f"{i}.dd", dd(origin.put(f"/{i}.bin", Content(i, size), gate=gate), size))
            names.append(f"{i}.bin")
        return names

    def held_at(self, origins, n):
        """Exactly n requests have come and wait at the gate."""
        until(lambda: sum(len(o.log()) for o in origins) >= n, f"{n} requests")

    def run_with(self, options, origins, n, expected, per_host):
        gate = threading.Event()
        m = self.mount(**options)
        names = self.many(m, origins, n, gate)
        self.held_at(origins, expected)
        # The agent has settled: all others are queued, and stay so while the gate is shut.
        until(lambda: sum(m.state(x) == "queued" for x in names) == n - expected, "the others to queue")
        self.assertEqual(sum(len(o.log()) for o in origins), expected)
        self.assertEqual(len(m.ls("pending")), n - expected)
        gate.set()
        until(lambda: len(m.ls("installed")) == n, "all of them", pause=0.05)
        for origin in origins:
            self.assertLessEqual(most_at_once(origin.log()), per_host)
        self.assertLessEqual(most_at_once([r for o in origins for r in o.log()]), expected)

    def test_transfers(self):
        self.run_with(dict(transfers=3, per_host=8), [self.origin()], 12, 3, 3)

    def test_per_host(self):
        self.run_with(dict(transfers=16, per_host=2), [self.origin(), self.origin(), self.origin()], 18, 6, 2)

    def test_defaults(self):
        self.run_with({}, [self.origin()], 10, 4, 4)

    def test_one_slow_host_does_not_hold_others(self):
        slow, fast, gate = self.origin(), self.origin(), threading.Event()
        m = self.mount(transfers=4, per_host=2)
        self.many(m, [slow], 10, gate)
        m.drop("f.dd", dd(fast.put("/fast.bin", Content(1, 10)), 10))
        m.wait_installed("fast.bin")
        gate.set()

    def test_rate(self):
        """All transfers together stay below the rate; generous on the other side, this is no benchmark."""
        origin, size = self.origin(), 1_500_000
        m = self.mount(rate="1M")
        began = time.monotonic()
        for i in range(2):
            m.drop(f"{i}.dd", dd(origin.put(f"/{i}.bin", Content(i, size)), size))
        for i in range(2):
            m.wait_installed(f"{i}.bin", Content(i, size))
        self.assertGreater(time.monotonic() - began, 1.5)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
