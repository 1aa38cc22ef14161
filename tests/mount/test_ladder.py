"""What may answer a resume, and what is done about it: every line of the ladder, seen at the server."""
import re
import unittest

import harness
from harness import Content, dd
from scripted import REST, Scripted


class TestLadder(Scripted):
    """What may answer a resume, and what is done about it."""

    def after_cut(self, *answers, **more):
        return self.get([dict(cut=100_000), *answers], **more)

    def test_206_shorter_than_asked(self):
        self.good(self.after_cut(dict(range_answer="short")))
        self.assertEqual(self.ranges(), [None, REST, "bytes=200000-299999"])

    def test_200_with_the_same_tag_is_skipped_into(self):
        self.good(self.after_cut(dict(range_answer="whole")))
        self.assertEqual(self.ranges(), [None, REST])
        self.assertEqual(self.gets()[1].status, 200)

    def test_200_of_the_same_tag_cut_before_what_is_held_loses_nothing(self):
        self.good(self.after_cut(dict(range_answer="whole", cut=50_000)))
        self.assertEqual(self.ranges(), [None, REST, REST])

    def replaced(self, **answer):
        """Cut, then another object under its URI, told by `answer` only."""
        old, self.content = self.content, Content(43, self.size)
        first = dict(cut=100_000, content=old, etag='"old"')
        return self.get([first, dict(conditions=False, **answer)], etag='"new"')

    def test_200_with_another_tag_starts_over(self):
        self.good(self.replaced(range_answer="whole"))
        self.assertEqual(self.ranges()[:2], [None, REST])

    def test_206_with_another_tag_starts_over(self):
        self.good(self.replaced())
        self.assertEqual(self.ranges(), [None, REST, None])

    def test_a_tag_that_always_changes_ends_957(self):
        m = self.get(etag=lambda n: f'"v{n}"', conditions=False, cut=100_000)
        self.bad(m, 957, "Media Object Updated")
        self.assertLessEqual(len(self.gets()), 9)

    def test_412(self):
        m = self.after_cut(dict(status=412))
        self.bad(m, 957, "Media Object Updated")
        self.assertEqual(self.ranges(), [None, REST])

    def test_412_under_the_number_of_shipped_agents(self):
        m = self.after_cut(dict(status=412), options=dict(updated_code=955))
        self.bad(m, 955, "Media Object Updated")

    def test_one_unusable_206_is_asked_again(self):
        for answer in ("shift", "multipart", "bare", "nopin"):
            with self.subTest(answer=answer):
                url = self.o.put(f"/{answer}.bin", self.content, [dict(cut=100_000), dict(range_answer=answer)])
                m = self.mount()
                m.drop("x.dd", dd(url, self.size))
                m.wait_installed(f"{answer}.bin", self.content)
                self.assertEqual([r.range for r in self.o.log(f"/{answer}.bin")], [None, REST, REST])
                self.done_with(m)

    def test_another_total_is_never_mixed_in(self):
        self.good(self.after_cut(dict(range_answer="total")))
        self.assertEqual(self.ranges()[:2], [None, REST])

    def test_two_unusable_206_start_at_zero(self):
        self.good(self.after_cut(dict(range_answer="nopin"), dict(range_answer="nopin")))
        self.assertEqual(self.ranges(), [None, REST, REST, None])

    def test_unusable_206_for_ever_is_954(self):
        m = self.get([dict(cut=100_000)] * 1, range_answer="bare", cut=100_000)
        self.bad(m, 954, "Loader Error")

    def test_416_starts_at_zero_once(self):
        self.good(self.after_cut(dict(status=416)))
        self.assertEqual(self.ranges(), [None, REST, None])

    def test_416_again_is_954(self):
        m = self.get([dict(cut=100_000), dict(status=416), dict(cut=100_000), dict(status=416)])
        self.bad(m, 954, "Loader Error")

    def test_busy_servers_and_retry_after(self):
        m = self.after_cut(dict(status=503, headers=(("Retry-After", "3"),)), dict(status=429), dict(status=500))
        status = m.wait_key("a.bin", "Reason", re.compile("503|busy", re.I))
        self.assertIn("next try", status["Reason"])
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, REST, REST, REST])
        first, second = self.gets()[1:3]
        self.assertGreaterEqual(second.began - first.ended, 2.9)

    def test_busy_at_the_beginning(self):
        self.good(self.get([dict(status=s) for s in (503, 408, 425, 502)]))
        self.assertEqual(len(self.gets()), 5)

    def test_final_answers(self):
        for status in (404, 403, 410, 401, 400, 501, 505, 412, 416, 206):
            with self.subTest(status=status):
                self.o.put(f"/{status}.bin", self.content, status=status)
                url = self.o.notify(f"/notify{status}")
                m = self.mounts[0] if self.mounts else self.mount()
                m.drop("s.dd", dd(self.o.url(f"/{status}.bin"), self.size, notify=url))
                m.wait_failed(f"{status}.bin", 954)
                self.o.wait_requests(1, f"/notify{status}")
                self.assertEqual(self.o.reports(f"/notify{status}"), ["954 Loader Error\r\n"])

    def test_404_on_a_resume(self):
        self.bad(self.after_cut(dict(status=404)), 954, "Loader Error")

    def test_captive_portal_harms_nothing(self):
        page = dict(status=200, type="text/html", body=b"<html>log in</html>")
        m = self.after_cut(page, dict(status=511, body=b"log in"), types="application/octet-stream")
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, REST, REST])

    def test_misdirected_request(self):
        self.good(self.get([dict(status=421)]))
        a, b = self.gets()
        self.assertNotEqual(a.connection, b.connection)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
