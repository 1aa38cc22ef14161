"""Starting and stopping: usage, exit codes, messages, one agent per store, dead mounts."""
import os
import signal
import stat
import subprocess
import sys
import unittest

import harness
from harness import PROGRAM, Mount, MountCase, is_mounted, marked, run, until


class TestUsage(MountCase):
    def fails(self, code, *words, says):
        done = run(PROGRAM, *words, env=self.env)
        self.assertEqual(done.code, code, (words, done.out, done.err))
        self.assertEqual(done.out, "")
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word.lower(), done.err.lower())
        return done.err

    def test_bad_usage_is_exit_2_and_a_usage_line(self):
        self.fails(2, says="usage")
        self.fails(2, "--frobnicate", says="usage")
        self.fails(2, "a", "b", "c", says="usage")
        self.fails(2, "-o", says="usage")

    def test_help_and_version(self):
        for flag in ("-h", "--help"):
            done = run(PROGRAM, flag, env=self.env)
            self.assertEqual((done.code, done.err), (0, ""))
            for word in ("MOUNTPOINT", "--wait", "--get", "confirm=", "per_host=", "report_lost=", "rate="):
                self.assertIn(word, done.out)
        for flag in ("-V", "--version"):
            done = run(PROGRAM, flag, env=self.env)
            self.assertEqual(done.code, 0)
            self.assertRegex(done.out, r"\d+\.\d+")

    def test_options_that_are_wrong_fail_in_one_line(self):
        store, mnt = self.temp("store"), self.temp("mnt")
        mnt.mkdir()
        for option in ("confirm=perhaps", "transfers=many", "transfers=0", "rate=-1", "rate=3q", "size=huge", "give_up=soon",
                       "retries=x", "updated_code=1", "report_lost=keep", "unpinned=maybe", "max_size=", "timeout=1y",
                       "header=nocolon"):
            name = option.split("=")[0]
            err = self.fails(1, "-o", option, store, mnt, says=name)
            self.assertEqual(len(err.splitlines()), 1, err)
        done = run(PROGRAM, "-o", "frobnicate=1", store, mnt, env=self.env)
        self.assertIn(done.code, (1, 2))
        self.assertIn("frobnicate", done.err)
        self.assertFalse(is_mounted(mnt))

    def test_mountpoint_missing_or_no_directory(self):
        store = self.temp("store")
        err = self.fails(1, store, self.temp("none"), says=("none", "missing"))
        self.assertEqual(len(err.splitlines()), 1)
        plain = self.temp("file")
        plain.write_text("")
        self.fails(1, store, plain, says="not a directory")

    def test_store_that_cannot_be_made(self):
        mnt = self.temp("mnt")
        mnt.mkdir()
        plain = self.temp("file")
        plain.write_text("")
        self.fails(1, plain / "store", mnt, says=str(plain))
        self.fails(1, "/proc/nothing/store", mnt, says="/proc/nothing")

    def test_store_and_mountpoint_may_not_contain_each_other(self):
        mnt = self.temp("mnt")
        mnt.mkdir()
        for store, where in ((mnt / "store", mnt), (mnt, mnt)):
            self.fails(1, store, where, says="store")
        (mnt / "below").mkdir()
        self.fails(1, mnt, mnt / "below", says="store")

    def test_files_below_the_mountpoint_are_refused(self):
        mnt = self.temp("mnt")
        mnt.mkdir()
        (mnt / "ca.pem").write_text("")
        self.fails(1, "-o", f"cacert={mnt}/ca.pem", self.temp("store"), mnt, says="cacert")


class TestStart(MountCase):
    def test_daemon_is_ready_when_the_command_returns(self):
        mount = Mount(self).start_daemon()
        self.assertEqual(mount.ls(""), ["by-descriptor", "events", "failed", "inbox", "installed", "list", "partial",
                                        "pending", "status", "summary"])
        self.assertEqual(stat.S_IMODE(os.stat(mount.store).st_mode), 0o700)
        self.assertEqual(run("umount", mount.mountpoint).code, 0)
        until(lambda: not marked(self.mark), "the agent to end")

    def test_daemon_says_why_it_cannot_start(self):
        """The one line comes before the command leaves the foreground."""
        first = Mount(self).start()
        second = Mount(self, store=first.store)
        done = run(*second.command(), env=self.env, timeout=40 * harness.SLOW)
        self.assertEqual(done.code, 1)
        self.assertIn(str(first.pid), done.err)
        self.assertEqual(len(done.err.splitlines()), 1)
        self.assertFalse(is_mounted(second.mountpoint))

    def test_mountpoint_busy(self):
        first = Mount(self).start()
        done = run(PROGRAM, self.temp("other"), first.mountpoint, env=self.env)
        self.assertEqual(done.code, 1)
        self.assertEqual(len(done.err.splitlines()), 1)
        self.assertIn(str(first.mountpoint), done.err)
        self.assertEqual(len(first.ls("")), 10)

    def test_every_clean_end(self):
        mount = Mount(self)
        ways = [signal.SIGTERM, signal.SIGINT, "umount"]
        if subprocess.run(["which", "fusermount3"], capture_output=True, check=False).returncode == 0:
            ways.append("fusermount3")
        for how in ways:
            with self.subTest(how=str(how)):
                mount.start()
                mount.stop(how)
                until(lambda: not marked(self.mark), "the helper to end")

    def test_default_store(self):
        home = self.temp("home")
        home.mkdir()
        mount = Mount(self)
        env = {k: v for k, v in self.env.items() if k != "XDG_DATA_HOME"} | {"HOME": str(home)}
        self.assertEqual(run(PROGRAM, mount.mountpoint, env=env).code, 0)
        self.assertTrue((home / ".local/share/dlotafs/catalogue").exists())
        self.assertEqual(run("umount", mount.mountpoint).code, 0)
        until(lambda: not marked(self.mark), "the agent to end")
        env["XDG_DATA_HOME"] = str(home / "data")
        self.assertEqual(run(PROGRAM, mount.mountpoint, env=env).code, 0)
        self.assertTrue((home / "data/dlotafs/catalogue").exists())

    def test_mounted_nosuid_nodev_noexec(self):
        mount = self.mount()
        mounts = harness.Path("/proc/self/mounts").read_text().splitlines()
        line = next(x for x in mounts if f" {mount.mountpoint} " in x)
        for word in ("nosuid", "nodev", "noexec"):
            self.assertIn(word, line)
        self.assertIn("dlotafs", line)

    def test_mount_helper_form_and_comma_in_a_value(self):
        """mount(8) hands over SOURCE TARGET -o OPTIONS; a comma in a value is written with a backslash."""
        mount = Mount(self, options={"rw": True, "user_agent": r"one\, two"})
        command = [PROGRAM, str(mount.store), str(mount.mountpoint), "-o", r"rw,user_agent=one\, two,dev,suid"]
        self.assertEqual(run(*command, env=self.env).code, 0)
        origin = self.origin()
        url = origin.put("/a.bin", b"x" * 10)
        mount.drop("a.dd", harness.dd(url, 10))
        mount.wait_installed("a.bin")
        self.assertEqual(origin.log("/a.bin")[0].headers["user-agent"], "one, two")

    def test_single_thread(self):
        mount = Mount(self)
        self.assertEqual(run(PROGRAM, "-s", mount.store, mount.mountpoint, env=self.env).code, 0)
        origin = self.origin()
        mount.drop("a.dd", harness.dd(origin.put("/a.bin", b"x" * 10), 10, notify=origin.notify()))
        mount.wait_installed("a.bin")
        self.assertEqual(origin.reports(), ["900 Success\r\n"])


class TestDeath(MountCase):
    def test_kill_9_leaves_no_dead_mount(self):
        mount = self.mount()
        mount.kill()
        until(lambda: not is_mounted(mount.mountpoint), "the helper to detach the mount")
        until(lambda: not marked(self.mark), "the helper to end")
        mount.start()

    def test_a_dead_mount_is_cleaned_by_the_next_start(self):
        mount = self.mount()
        for pid in marked(self.mark):  # the helper first: it cannot help then
            if pid != mount.pid:
                os.kill(pid, signal.SIGKILL)
        mount.kill()
        self.assertTrue(is_mounted(mount.mountpoint))
        self.assertErrno(107, os.listdir, mount.mountpoint)  # ENOTCONN
        mount.start()
        self.assertEqual(len(mount.ls("")), 10)

    def test_a_new_agent_waits_for_one_that_is_leaving(self):
        mount = self.mount()
        mount.child.send_signal(signal.SIGTERM)
        leaving, mount.child = mount.child, None
        other = Mount(self, store=mount.store).start()
        self.assertEqual(leaving.wait(30), 0)
        self.assertEqual(len(other.ls("")), 10)

    def test_aborted_connection_ends_the_agent_with_1(self):
        if os.getuid() != 0:
            sys.exit("this test needs root")
        mount = self.mount()
        harness.abort_connection(mount.mountpoint, detach=False)
        self.assertEqual(mount.child.wait(harness.GUARD), 1)
        mount.child = None
        self.assertFalse(is_mounted(mount.mountpoint))

    def test_a_newer_catalogue_is_refused(self):
        mount = self.mount()
        mount.stop()
        import sqlite3
        with sqlite3.connect(mount.store / "catalogue") as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
        done = run(*mount.command(), env=self.env)
        self.assertEqual(done.code, 1)
        self.assertIn("newer", done.err)
        self.assertEqual(len(done.err.splitlines()), 1)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
