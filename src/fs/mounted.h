/* mounted.h - what is mounted at a path, by the kernel's table: nobody's file system is asked. */
#ifndef FS_MOUNTED_H
#define FS_MOUNTED_H

#include <stdint.h>
#include <stdio.h>

struct mounted {
    uint64_t dev; /* st_dev */
    char type[64];
};

/* The topmost mount at this absolute path, in this process's mount name space; -ENOENT: none. */
int mounted_at(const char *path, struct mounted *ret);
/* The same from a table in the format of /proc/PID/mountinfo. */
int mounted_in(FILE *table, const char *path, struct mounted *ret);

#endif
