"""Connections that break: what is kept, what is asked for again, what is counted."""
import re
import time
import unittest

import harness
from harness import dd
from scripted import REST, Scripted


class TestBreak(Scripted):
    def test_cut_by_fin_and_rst(self):
        m = self.get([dict(cut=100_000), dict(cut=50_000, how="rst")], etag='"v1"')
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, "bytes=150000-299999"])
        self.assertEqual([r.headers.get("if-match") for r in self.gets()], [None, '"v1"', '"v1"'])
        self.assertEqual(sum(r.sent for r in self.gets()), self.size)

    def test_stall(self):
        m = self.get([dict(stall=100_000)], options=dict(timeout="2s"))
        self.assertIn("no byte", m.wait_state("a.bin", "interrupted", "installed").get("Reason", "no byte"))
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST])

    def test_cut_before_the_header(self):
        m = self.get([dict(hang_up=True)])
        self.good(m)
        self.assertEqual(self.ranges(), [None, None])

    def test_the_same_header_fields_but_range_and_pin(self):
        self.good(self.get([dict(cut=100_000)]))
        first, second = (dict(r.headers) for r in self.gets())
        for key in ("range", "if-match", "connection"):
            first.pop(key, None), second.pop(key, None)
        self.assertEqual(first, second)
        self.assertEqual(first["cache-control"], "no-transform")
        self.assertEqual(first["accept-encoding"], "identity")
        self.assertIn("application/octet-stream", first["accept"])
        self.assertIn("user-agent", first)

    def test_bare_tag_is_echoed_as_it_came(self):
        self.good(self.get([dict(cut=100_000)], etag="id@example.com/1.1"))
        self.assertEqual(self.gets()[1].headers["if-match"], "id@example.com/1.1")
        self.assertEqual(self.ranges()[1], REST)

    def test_weak_tag_leaves_the_date(self):
        for tag in ('W/"v1"', 'w/"v1"', "*", None):
            with self.subTest(tag=tag):
                o = self.o.put("/w.bin", self.content, [dict(cut=100_000)], etag=tag)
                m = self.mount()
                m.drop("w.dd", dd(o, self.size))
                m.wait_installed("w.bin", self.content)
                second = self.o.log("/w.bin")[-1]
                self.assertEqual(second.range, REST)
                self.assertNotIn("if-match", second.headers)
                self.assertEqual(second.headers["if-unmodified-since"], "Sun, 09 Sep 2001 01:46:40 GMT")
                self.done_with(m)

    def test_a_date_of_this_second_is_no_pin(self):
        now = time.time()
        m = self.get([dict(cut=100_000)], etag=None, modified=now, date=now)
        self.good(m)
        self.assertEqual(self.ranges(), [None, None])

    def test_no_pin_at_all(self):
        m = self.get([dict(cut=100_000)], etag='W/"x"', modified=None)
        self.assertTrue(m.wait_key("a.bin", "Resumable", re.compile("^no: ")))
        self.good(m)
        self.assertEqual(self.ranges(), [None, None])

    def test_no_accept_ranges(self):
        for said in (None, "none", "none, x"):
            with self.subTest(said=said):
                url = self.o.put("/n.bin", self.content, [dict(cut=100_000)], accept_ranges=said)
                m = self.mount()
                m.drop("n.dd", dd(url, self.size))
                m.wait_installed("n.bin", self.content)
                self.assertEqual([r.range for r in self.o.log("/n.bin")[-2:]], [None, None])
                self.done_with(m)

    def test_accept_ranges_as_a_list_in_any_case(self):
        self.good(self.get([dict(cut=100_000)], accept_ranges="items, Bytes"))
        self.assertEqual(self.ranges(), [None, REST])

    def test_unpinned_resume(self):
        m = self.get([dict(cut=100_000)], options=dict(unpinned="resume"), etag=None, modified=None)
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST])

    def test_attempts_of_what_cannot_be_resumed_are_counted(self):
        m = self.get(options=dict(retries=2), accept_ranges=None, cut=100_000)
        self.bad(m, 903, "Loss of Service")
        # The first attempt brought it further than ever before.
        self.assertEqual(len(self.gets()), 3)

    def test_an_attempt_that_gets_further_does_not_count(self):
        m = self.get([dict(cut=n * 10_000) for n in range(1, 6)], options=dict(retries=2), accept_ranges=None)
        self.good(m)
        self.assertEqual(len(self.gets()), 6)

    def test_give_up_keeps_the_range_and_retry_goes_on(self):
        m = self.get([dict(cut=100_000, hang_up=False)], options=dict(give_up="3s"), hang_up=True)
        self.bad(m, 903, "Loss of Service")
        self.o.change("/a.bin", hang_up=False)
        m.verb("a.bin", "retry")
        m.wait_installed("a.bin", self.content)
        self.assertEqual(self.ranges()[-1], REST)
        self.o.wait_for(lambda log: len(log) == 2, path="/notify")
        self.assertEqual(self.o.reports(), ["903 Loss of Service\r\n", "900 Success\r\n"])


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
