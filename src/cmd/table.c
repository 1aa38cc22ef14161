/* table.c - every -o option of ours, once: name, form, default, help, where it goes. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/table.h"

#define AGENT(member) offsetof(struct cmd_options, agent.member)

static const struct value_row table[] = {
    {{"confirm", "drop|ask|dd", "drop",
      "a drop is the user's word; ask: wait for the verb confirm; dd: as the DD says"},
     VALUE_ENUM,
     AGENT(confirm),
     0,
     0},
    {{"accept", "TYPE[:TYPE...]", NULL, "media types this device can use, image/* too; others: 953 (default: all)"},
     VALUE_TYPES,
     0,
     0,
     0},
    {{"max_size", "SIZE", NULL, "refuse larger objects with 901"}, VALUE_SIZE, AGENT(max_size), 0, 0},
    {{"size", "exact|tolerant", "exact", "must the length be the DD's? tolerant: up to max(1.4 x size, 10 KiB)"},
     VALUE_SECOND,
     AGENT(size_tolerant),
     0,
     0},
    {{"transfers", "N", "16", "retrievals at once"}, VALUE_NUMBER, AGENT(transfers), 1, LIMIT_TRANSFERS},
    {{"per_host", "N", "4", "retrievals at once from one host"}, VALUE_NUMBER, AGENT(per_host), 1, LIMIT_TRANSFERS},
    {{"rate", "SIZE", NULL, "bytes per second, all transfers together"}, VALUE_SIZE, AGENT(rate), 0, 0},
    {{"retries", "N", "20", "attempts of an object that cannot be resumed (0: no end)"},
     VALUE_NUMBER,
     AGENT(retries),
     0,
     1000000000},
    {{"give_up", "TIME", "7d", "a resumable object fails after so long without a new byte (0: never)"},
     VALUE_TIME,
     AGENT(give_up),
     0,
     0},
    {{"retry_wait", "TIME", "2s", "first wait of the back-off, which ends at 5 min"},
     VALUE_TIME,
     AGENT(retry_wait),
     0,
     0},
    {{"timeout", "TIME", "60s", "no byte for so long: the connection is lost"}, VALUE_TIME, AGENT(timeout), 0, 0},
    {{"unpinned", "restart|resume", "restart", "an interrupted object without a strong validator"},
     VALUE_SECOND,
     AGENT(unpinned_resume),
     0,
     0},
    {{"report_tries", "N", "3", "tries of a status report before report_lost decides"},
     VALUE_NUMBER,
     AGENT(report_tries),
     1,
     1000},
    {{"report_lost", "release|discard", "release", "an object whose success report nobody answered"},
     VALUE_SECOND,
     AGENT(report_lost_discard),
     0,
     0},
    {{"updated_code", "957|955", "957", "the number of \"Media Object Updated\""},
     VALUE_CODE,
     AGENT(updated_code),
     0,
     0},
    {{"cacert", "FILE", NULL, "certificates to trust, PEM"}, VALUE_FILE, AGENT(cacert), 0, 0},
    {{"proxy", "URL", NULL, "proxy; empty: none, whatever http_proxy says"}, VALUE_TEXT, AGENT(proxy), 0, 0},
    {{"netrc", "FILE", NULL, "user names and passwords"}, VALUE_FILE, AGENT(netrc), 0, 0},
    {{"user_agent", "TEXT", NULL, "the User-Agent field"}, VALUE_TEXT, AGENT(user_agent), 0, 0},
    {{"insecure", NULL, NULL, "believe any certificate; let https be redirected to http"},
     VALUE_FLAG,
     AGENT(insecure),
     0,
     0},
    {{"header", "HOST:LINE|HOST:@FILE", NULL, "an extra request header for one host; may be repeated"},
     VALUE_HEADER,
     0,
     0,
     0},
    {{"uid", "N", NULL, "owner of everything (default: caller's)"}, VALUE_UID, 0, 0, 0},
    {{"gid", "N", NULL, "group of everything (default: caller's)"}, VALUE_GID, 0, 0, 0},
    {{"umask", "OCTAL", NULL, "permission bits taken away (default: caller's)"}, VALUE_UMASK, 0, 0, 0},
};

const struct value_row *table_row(unsigned i) { return i < sizeof table / sizeof *table ? &table[i] : NULL; }

const struct value_row *table_find(const char *name, size_t n)
{
    for (unsigned i = 0; table_row(i); i++)
        if (strlen(table[i].shown.name) == n && memcmp(table[i].shown.name, name, n) == 0)
            return &table[i];
    return NULL;
}

const struct cmd_row *cmd_row_at(unsigned i)
{
    const struct value_row *row = table_row(i);
    return row ? &row->shown : NULL;
}

void cmd_usage(FILE *out)
{
    fputs("usage: dlotafs [options] [STORE] MOUNTPOINT\n"
          "       dlotafs --get [-t TIME] MOUNTPOINT DD|URL\n"
          "       dlotafs --wait [-t TIME] PATH...\n",
          out);
}

void cmd_help(FILE *out)
{
    enum { COLUMN = 34 };
    cmd_usage(out);
    fputs("\nAn OMA Download agent: drop a descriptor into MOUNTPOINT/inbox/, find the object in\n"
          "MOUNTPOINT/installed/.  STORE keeps everything (default: ~/.local/share/dlotafs).\n"
          "\n"
          "    -f  stay in the foreground      -d  the same, with debug messages\n"
          "    -s  one thread for requests     -o OPTION[=VALUE],...   see below\n"
          "    -h  this help                   -V  version\n"
          "    --get   drop a descriptor or URL, wait, print the installed path\n"
          "    --wait  wait for objects: paths below status/ or by-descriptor/\n"
          "    -t TIME give up waiting\n"
          "\n"
          "options for -o (a comma in a value is \\,; SIZE takes k, M, G, TIME takes s, m, h, d):\n",
          out);
    const struct cmd_row *row;
    for (unsigned i = 0; (row = cmd_row_at(i)); i++) {
        int n = fprintf(out, "    %s%s%s", row->name, row->form ? "=" : "", row->form ? row->form : "");
        fprintf(out, "%*s%s", n < COLUMN ? COLUMN - n : 1, "", row->help);
        if (row->initial)
            fprintf(out, " (%s)", row->initial);
        fputc('\n', out);
    }
    fputs("\nOther options go to libfuse, such as allow_other, default_permissions, ro.\n"
          "Mounted nosuid,nodev,noexec unless suid, dev, exec are given.\n",
          out);
}
