"""Status reports: nothing is released before the server took the success, and every report is offered until answered."""
import os
import re
import threading
import unittest

import harness
from harness import Content, MountCase, dd, until

BODY = "900 Success\r\n"


class Reports(MountCase):
    size = 50_000

    def setUp(self):
        super().setUp()
        self.o = self.origin()
        self.content = Content(1, self.size)
        self.url = self.o.put("/a.bin", self.content)

    def drop(self, m, notify, **more):
        m.drop("a.dd", dd(self.url, self.size, notify=notify, **more))



class TestTwoPhases(Reports):
    def test_not_visible_before_the_answer(self):
        gate = threading.Event()
        m = self.mount()
        self.drop(m, self.o.notify(gate=gate))
        status = m.wait_state("a.bin", "reporting")
        self.assertEqual((status["Code"], status["Received"]), ("900 Success", str(self.size)))
        self.o.wait_requests(1, "/notify")
        self.assertEqual((m.ls("installed"), m.ls("partial")), ([], ["a.bin"]))
        self.assertErrno(13, open, m / "partial/a.bin")
        self.assertErrno(2, os.stat, m / "installed/a.bin")
        gate.set()
        status = m.wait_installed("a.bin", self.content)
        self.assertEqual((m.ls("partial"), status["Report"]), ([], "200 OK"))

    def test_what_is_sent(self):
        self.drop(self.mount(), self.o.notify() + "?t=1&u=%41/../b")
        [report] = self.o.wait_requests(1, "/notify")
        self.assertEqual((report.method, report.path, report.body), ("POST", "/notify?t=1&u=%41/../b", BODY.encode()))
        self.assertEqual(report.headers["content-type"], "text/plain")
        self.assertEqual(report.headers["content-length"], str(len(BODY)))
        self.assertNotIn("expect", report.headers)

    def test_any_2xx_releases(self):
        m = self.mount()
        for status in (201, 202, 204, 207):
            url = self.o.put(f"/{status}.bin", self.content)
            m.drop("x.dd", dd(url, self.size, notify=self.o.notify("/notify", status=status)))
            m.wait_installed(f"{status}.bin", self.content)

    def test_no_uri_no_report(self):
        m = self.mount()
        self.drop(m, None)
        status = m.wait_installed("a.bin", self.content)
        self.assertEqual(status["Report"], "none")
        self.assertEqual(self.o.log(method="POST"), [])

    def test_refusal_discards(self):
        m = self.mount()
        for code, phrase in ((404, "Not Found"), (400, "Bad Request"), (500, "Internal Server Error")):
            with self.subTest(code=code):
                url = self.o.put(f"/{code}.bin", self.content)
                m.drop("x.dd", dd(url, self.size, notify=self.o.notify("/notify", status=code)))
                status = m.wait_failed(f"{code}.bin", 900)
                self.assertEqual((status["Code"], status["Report"]), ("900 Success", f"refused {code} {phrase}"))
        self.assertEqual(m.ls("installed"), [])
        until(lambda: m.stored() == 0, "the bytes to go")


class TestNoVerdict(Reports):
    def test_retried_until_answered(self):
        m = self.mount()
        self.drop(m, self.o.notify(plan=[dict(status=503), dict(hang_up=True)]))
        m.wait_key("a.bin", "Report", re.compile(r"^(sent [12] of 3|200 OK)$"))
        m.wait_installed("a.bin", self.content)
        self.assertEqual(self.o.reports(), [BODY] * 3)

    def test_retry_after(self):
        m = self.mount()
        self.drop(m, self.o.notify(plan=[dict(status=503, headers=(("Retry-After", "3"),))]))
        m.wait_installed("a.bin", self.content)
        first, second = self.o.log("/notify")
        self.assertGreaterEqual(second.began - first.ended, 2.9)

    def test_resume_ends_the_wait(self):
        m = self.mount(retry_wait="5m")
        self.drop(m, self.o.notify(plan=[dict(status=503)]))
        self.o.wait_requests(1, "/notify")
        self.assertEqual(m.wait_key("a.bin", "Reason", re.compile("next try"))["Report"], "sent 1 of 3")
        m.verb("a.bin", "resume")
        m.wait_installed("a.bin", self.content)

    def test_never_answered_is_released(self):
        m = self.mount(timeout="1s", report_tries=2)
        self.drop(m, self.o.notify(never=True))
        m.wait_installed("a.bin", self.content)
        m.wait_key("a.bin", "Report", "unanswered")
        self.assertEqual(self.o.reports(), [BODY] * 2)

    def test_never_answered_is_discarded_when_told_so(self):
        m = self.mount(timeout="1s", report_tries=2, report_lost="discard")
        self.drop(m, self.o.notify(never=True))
        m.wait_failed("a.bin", 900)
        m.wait_key("a.bin", "Report", "unanswered")
        self.assertEqual(m.ls("installed"), [])

    def test_late_is_in_time(self):
        gate = threading.Event()
        m = self.mount(timeout="30s")
        self.drop(m, self.o.notify(gate=gate))
        self.o.wait_requests(1, "/notify")
        m.wait_key("a.bin", "Report", re.compile("^sent 1 of 3$"))
        gate.set()
        m.wait_installed("a.bin", self.content)
        self.assertEqual(self.o.reports(), [BODY])


class TestSurvives(Reports):
    def test_success_report_survives_death(self):
        m = self.mount()
        self.o.notify(hang_up=True)
        self.drop(m, self.o.url("/notify"))
        m.wait_state("a.bin", "reporting")
        self.o.wait_requests(1, "/notify")
        m.kill()
        self.assertEqual(len(self.o.log("/a.bin")), 1)
        self.o.notify()
        m.start()
        m.wait_installed("a.bin", self.content)
        self.assertEqual(set(self.o.reports()), {BODY})
        self.assertEqual(len(self.o.log("/a.bin")), 1, "nothing is fetched again")

    def test_failure_report_survives_death(self):
        m = self.mount()
        self.o.put("/gone.bin", status=404)
        self.o.notify(hang_up=True)
        m.drop("g.dd", dd(self.o.url("/gone.bin"), 10, notify=self.o.url("/notify")))
        m.wait_failed("gone.bin", 954)
        self.o.wait_requests(1, "/notify")
        m.kill()
        before = len(self.o.log("/notify"))
        self.o.notify()
        m.start()
        m.wait_key("gone.bin", "Report", "200 OK")
        self.assertEqual(set(self.o.reports()), {"954 Loader Error\r\n"})
        self.assertGreater(len(self.o.log("/notify")), before)

    def test_failure_stays_a_failure(self):
        m = self.mount()
        self.o.put("/gone.bin", status=404)
        self.o.notify(status=500)
        m.drop("g.dd", dd(self.o.url("/gone.bin"), 10, notify=self.o.url("/notify")))
        status = m.wait_failed("gone.bin", 954)
        m.wait_key("gone.bin", "Report", "refused 500 Internal Server Error")
        self.assertEqual(status["Code"], "954 Loader Error")
        self.assertEqual(len(self.o.reports()), 1)

    def test_902_after_rm_survives_death(self):
        m = self.mount()
        self.o.change("/a.bin", stall=1000)
        self.o.notify(hang_up=True)
        self.drop(m, self.o.url("/notify"))
        m.wait_state("a.bin", "downloading")
        os.unlink(m / "partial/a.bin")
        self.assertIsNone(m.status("a.bin"))
        self.o.wait_requests(1, "/notify")
        m.kill()
        before = len(self.o.log("/notify"))
        self.o.notify()
        m.start()
        self.o.wait_for(lambda log: len(log) > before and log[-1].done, path="/notify")
        self.assertEqual(set(self.o.reports()), {"902 User Cancelled\r\n"})


class TestRedirected(Reports):
    def test_the_post_is_kept(self):
        m = self.mount()
        for code in (301, 302, 307, 308):
            with self.subTest(code=code):
                url = self.o.put(f"/r{code}.bin", self.content)
                self.o.put(f"/from{code}", redirect=f"/to{code}", status=code)
                self.o.notify(f"/to{code}")
                m.drop("x.dd", dd(url, self.size, notify=self.o.url(f"/from{code}")))
                m.wait_installed(f"r{code}.bin", self.content)
                self.assertEqual(self.o.reports(f"/to{code}"), [BODY])

    def test_303_counts_when_its_target_answers(self):
        m = self.mount()
        self.o.put("/from", redirect="/see", status=303)
        self.o.put("/see", b"thanks")
        self.drop(m, self.o.url("/from"))
        m.wait_installed("a.bin", self.content)
        self.assertEqual([r.method for r in self.o.log("/see")], ["GET"])

    def test_loop(self):
        m = self.mount()
        self.o.put("/loop", redirect="/loop", status=307)
        self.drop(m, self.o.url("/loop"))
        m.wait_failed("a.bin", 900)
        self.assertLessEqual(len(self.o.log("/loop")), 6)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
