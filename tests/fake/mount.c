/* mount.c - the face on the fake, to be tried by hand: fake_mount [-s] MOUNTPOINT; commands come on standard input:
 * "publish NAME", "change NAME", "event TEXT", "hold", "go". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>

#include "cmd/warden.h"
#include "fake/fake.h"
#include "fs/session.h"

static void *commands(void *arg)
{
    dlota *d = arg;
    char line[256], word[32], rest[200];

    while (fgets(line, sizeof line, stdin)) {
        struct dlota_object o;

        rest[0] = '\0';
        if (sscanf(line, "%31s %199[^\n]", word, rest) < 1)
            continue;
        if (strcmp(word, "event") == 0)
            fake_event(d, rest);
        else if (strcmp(word, "hold") == 0)
            fake_hold(d, true);
        else if (strcmp(word, "go") == 0)
            fake_hold(d, false);
        else if (strcmp(word, "log") == 0)
            (void)fputs(fake_log(d), stdout), (void)fflush(stdout);
        else if (dlota_find(d, 0, rest, &o) == 0 && strcmp(word, "publish") == 0)
            fake_publish(d, o.id, DLOTA_IN_INSTALLED);
        else if (dlota_find(d, 0, rest, &o) == 0)
            fake_changed(d, o.id, DLOTA_CHANGED_STATE);
    }
    return NULL;
}

static void ready(void *arg)
{
    pthread_t thread;

    (void)puts("ready");
    (void)fflush(stdout);
    if (pthread_create(&thread, NULL, commands, arg) == 0)
        (void)pthread_detach(thread);
}

int main(int argc, char **argv)
{
    struct fs_settings s = {.warden_fd = -1, .ready = ready};
    char why[256] = "";
    struct fs *fs = NULL;
    dlota *d;
    int rc;

    if (argc < 2)
        return 2;
    s.mountpoint = argv[argc - 1];
    s.single_thread = argc > 2 && strcmp(argv[1], "-s") == 0;
    s.debug = argc > 2 && strcmp(argv[1], "-d") == 0;
    s.fuse_options = getenv("FAKE_OPTIONS");
    if (!getenv("FAKE_ALONE") && warden_fork(s.mountpoint, &s.warden_fd, &s.warden_pid) < 0)
        return 1;
    d = fake_new();
    s.arg = d;
    (void)fake_object(d, "waiting.bin", DLOTA_IN_PENDING, "State:\tqueued\n", "");
    (void)fake_object(d, "half.bin", DLOTA_IN_PARTIAL, "State:\tdownloading\n", "12345678");
    (void)fake_object(d, "full.bin", DLOTA_IN_PARTIAL, "State:\treporting\n", "all of it\n");
    (void)fake_object(d, "old.gif", DLOTA_IN_INSTALLED, "State:\tinstalled\n", "GIF89a and so on\n");
    (void)fake_object(d, "bad.dd", DLOTA_IN_FAILED, "State:\tfailed\nCode:\t906\n", "");
    rc = fs_new(d, &s, &fs);
    if (rc == 0)
        rc = fs_run(fs, why, sizeof why);
    (void)fprintf(stderr, "fs_run: %d %s\n", rc, why);
    (void)fake_free(d);
    (void)fs_free(fs);
    return rc < 0 ? 1 : rc;
}
