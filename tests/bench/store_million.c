/* store_million.c - what the store costs with a million ended objects and ten thousand queued ones.  By hand:
 *     cc -O2 ... && ./store_million DIRECTORY [ENDED] [QUEUED] */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/store.h"

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int rc, const char *what)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(-rc));
    exit(1);
}

static void nth(const char *name, unsigned n, char *ret) { snprintf(ret, 256, "%.200s-%u", name, n); }

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median, 99th percentile and worst of n runs. */
static void report(const char *what, double *us, unsigned n)
{
    qsort(us, n, sizeof(*us), by_size);
    printf("%-48s %10.1f %10.1f %10.1f us\n", what, us[n / 2], us[n * 99 / 100], us[n - 1]);
}

static struct dlota_object object(const char *name, bool ended)
{
    struct dlota_object o = {.offer = 1, .size = 1000, .have = ended ? 1000 : 0, .due = ended ? 0 : 10, .added = 5};
    o.state = ended ? DLOTA_INSTALLED : DLOTA_QUEUED;
    o.folder = ended ? DLOTA_IN_INSTALLED : DLOTA_IN_PENDING;
    o.ended = ended ? 7 : 0;
    snprintf(o.name, sizeof(o.name), "%s", name);
    snprintf(o.host, sizeof(o.host), "download.example");
    snprintf(o.type, sizeof(o.type), "application/octet-stream");
    snprintf(o.etag, sizeof(o.etag), "\"5d8c72a5edda8d6a:0\"");
    return o;
}

static void fill(struct store *s, long n, const char *prefix, bool ended)
{
    for (long i = 0; i < n; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s-%ld.bin", prefix, i);
        struct dlota_object o = object(name, ended);
        must(store_object_add(s, &o, nth), "add");
        if (i % 1000 == 999)
            must(store_commit(s), "commit");
    }
    must(store_commit(s), "commit");
}

static int count(void *arg, const struct dlota_object *o)
{
    (void)o;
    ++*(unsigned *)arg;
    return 0;
}

static int entry(void *arg, int64_t id, const char *name)
{
    (void)id;
    (void)name;
    return ++*(unsigned *)arg == 1000;
}

enum { RUNS = 2000 };
static double us[RUNS];

static void commits(struct store *s, int64_t first, unsigned events)
{
    for (unsigned run = 0; run < RUNS; run++) {
        struct dlota_object o[8];
        for (int i = 0; i < 8; i++)
            must(store_object_get(s, first + i, &o[i]), "get");
        double from = now_us();
        for (int i = 0; i < 8; i++) {
            o[i].have += 16 << 20;
            o[i].touched++;
            must(store_object_put(s, &o[i]), "put");
        }
        for (unsigned i = 0; i < events; i++) {
            const struct store_field f[] = {{.key = "name", .kind = STORE_TEXT, .text = o[0].name},
                                            {.key = "have", .kind = STORE_NUMBER, .number = (int64_t)o[0].have}};
            must(store_event(s, 1700000000000 + run, "mark", f, 2), "event");
        }
        must(store_commit(s), "commit");
        us[run] = now_us() - from;
    }
    report(events > 0 ? "commit of 8 rows and 8 events" : "commit of 8 rows", us, RUNS);
}

static void looks(struct reader *r, long ended)
{
    for (unsigned run = 0; run < RUNS; run++) {
        char name[64];
        snprintf(name, sizeof(name), "ended-%ld.bin", random() % ended);
        struct dlota_object o;
        double from = now_us();
        must(reader_find(r, 0, name, &o), "find");
        us[run] = now_us() - from;
    }
    report("find by name", us, RUNS);
    for (unsigned run = 0; run < RUNS; run++) {
        struct dlota_object o;
        int64_t id = 1 + random() % ended;
        double from = now_us();
        must(reader_object(r, id, &o), "object");
        us[run] = now_us() - from;
    }
    report("find by id", us, RUNS);
    for (unsigned run = 0; run < 100; run++) {
        unsigned n = 0;
        int64_t after = random() % ended;
        double from = now_us();
        must(reader_list(r, DLOTA_IN_INSTALLED, 0, after, entry, &n), "list");
        us[run] = now_us() - from;
    }
    report("page of 1000 names of installed/", us, 100);
    for (unsigned run = 0; run < 100; run++) {
        unsigned n = 0;
        double from = now_us();
        must(reader_alive(r, 1000, count, &n), "alive");
        us[run] = now_us() - from;
    }
    report("1000 alive ones", us, 100);
    for (unsigned run = 0; run < 100; run++) {
        struct reader_tally t;
        double from = now_us();
        must(reader_tally(r, &t), "tally");
        us[run] = now_us() - from;
    }
    report("tally", us, 100);
}

static void queue(struct store *s, const char *full, const char *what)
{
    for (unsigned run = 0; run < 500; run++) {
        unsigned n = 0;
        double from = now_us();
        must(store_object_ready(s, 1000, &full, 1, 12, count, &n), "ready");
        us[run] = now_us() - from;
    }
    report(what, us, 500);
}

/* Through more than two generations of `events`: the old one goes a few lines at a time. */
static void events(struct store *s)
{
    static double all[400000];
    for (unsigned run = 0; run < 400000; run++) {
        const struct store_field f[] = {{.key = "name", .kind = STORE_TEXT, .text = "some-object-of-usual-length.bin"},
                                        {.key = "uri", .kind = STORE_TEXT, .text = "http://a.example/some/path"}};
        double from = now_us();
        must(store_event(s, 1700000000000 + run, "mark", f, 2), "event");
        if (run % 4 == 3)
            must(store_commit(s), "commit");
        all[run] = now_us() - from;
    }
    report("event (every 4th with its commit)", all, 400000);
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f != NULL)
        fclose(f);
    return resident * 4;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    long ended = argc > 2 ? atol(argv[2]) : 1000000, queued = argc > 3 ? atol(argv[3]) : 10000;
    char why[512];
    struct store *s;
    struct reader *r;
    struct store_settings set = {.path = argv[1], .boot_id = "bench"};
    if (store_open(&set, &s, why, sizeof(why)) < 0) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    must(reader_new(s, &r), "reader");
    printf("%-48s %10s %10s %10s\n", "", "median", "p99", "worst");
    double from = now_us();
    fill(s, ended, "ended", true);
    printf("%ld ended objects added: %.1f us each\n", ended, (now_us() - from) / (double)ended);
    from = now_us();
    fill(s, queued, "queued", false);
    printf("%ld queued objects added: %.1f us each\n", queued, (now_us() - from) / (double)queued);
    queue(s, "other.example", "ready: 12 from the front");
    queue(s, "download.example", "ready: all of one full host");
    commits(s, ended + 1, 8);
    commits(s, ended + 1, 0);
    looks(r, ended);
    printf("resident: %ld KiB\n", resident_kib());
    events(s);
    reader_free(r);
    from = now_us();
    s = store_close(s);
    printf("close: %.1f ms\n", (now_us() - from) / 1e3);
    from = now_us();
    must(store_open(&set, &s, why, sizeof(why)), why);
    printf("open: %.1f ms\n", (now_us() - from) / 1e3);
    store_close(s);
    return 0;
}
