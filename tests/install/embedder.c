/* embedder.c - libdlota without the file system: drop one descriptor, drive the agent, print where it ended.
 * usage: embedder STORE DESCRIPTOR NAME */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <dlota/agent.h>

static void answered(void *arg, int rc) { *(int *)arg = rc; }

int main(int argc, char **argv)
{
    struct dlota_options options;
    struct dlota_object object = {0};
    char why[256], text[65536];
    dlota *agent = NULL;
    uint64_t spool;
    int rc = 1;

    FILE *file = argc == 4 ? fopen(argv[2], "rb") : NULL;
    if (!file)
        return 2;
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    dlota_options_default(&options);
    if (dlota_open(argv[1], &options, &agent, why, sizeof why) < 0) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    if (dlota_spool_create(agent, argv[3], &spool) < 0 || dlota_spool_write(agent, spool, text, n, 0) != (ssize_t)n)
        return 1;
    dlota_offer(agent, spool, argv[3], answered, &rc);
    for (int turns = 0; turns < 3000 && object.state != DLOTA_INSTALLED && object.state != DLOTA_FAILED; turns++) {
        dlota_turn(agent, 20);
        (void)dlota_find(agent, 0, "object.bin", &object);
    }
    char *status = NULL;
    size_t length;
    if (object.id && dlota_status(agent, object.id, &status, &length) == 0)
        fputs(status, stdout);
    free(status);
    agent = dlota_close(agent);
    return rc == 0 && object.state == DLOTA_INSTALLED ? 0 : 1;
}
