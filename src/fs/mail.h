/* mail.h - what the agent writes to the warden: one struct a packet. */
#ifndef FS_MAIL_H
#define FS_MAIL_H

#include <stdint.h>

#include <dlota/words.h>

enum warden_word {
    WARDEN_MOUNTED = 1, /* dev: the mount's st_dev */
    WARDEN_MOVE = 2,    /* rename FROM/name to TO/name */
    WARDEN_BYE = 3      /* the mount is gone: nothing is to be detached */
};

struct warden_mail {
    enum warden_word word;
    enum dlota_folder from, to;
    int64_t id;
    uint64_t dev;
    char name[256];
};

#endif
