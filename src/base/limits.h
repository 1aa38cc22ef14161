/* limits.h - every bound on what comes from outside, in one place (rule: nothing grows unboundedly). */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_DESCRIPTOR = 256 * 1024,   /* bytes of a plain descriptor, from inbox/ or the network */
    LIMIT_SPOOL = 256 * 1024,        /* bytes of one inbox file */
    LIMIT_SPOOL_FILES = 65536,       /* files standing in inbox/ at once */
    LIMIT_XML_DEPTH = 32,            /* nested elements */
    LIMIT_URI = 4000,                /* bytes of one URI in a descriptor */
    LIMIT_TYPES = 64,                /* media types of one object */
    LIMIT_HEADER_LINE = 16 * 1024,   /* bytes of one header line that is looked at */
    LIMIT_HEADERS = 256 * 1024,      /* bytes of all header lines of one answer */
    LIMIT_REDIRECTS = 10,            /* of a GET */
    LIMIT_REPORT_REDIRECTS = 5,      /* of a report */
    LIMIT_REPORT_ANSWER = 64 * 1024, /* bytes of a report's answer that are read (and thrown away) */
    LIMIT_TRANSFERS = 4096,          /* -o transfers */
    LIMIT_BUFFER = 1024 * 1024,      /* one write-out buffer */
    LIMIT_BUFFERS = 8 * 1024 * 1024, /* all of them */
    LIMIT_RECEIVE_MIN = 16 * 1024,
    LIMIT_RECEIVE_MAX = 256 * 1024,     /* libcurl's buffer, per transfer */
    LIMIT_UNFLUSHED = 16 * 1024 * 1024, /* received bytes that a power cut may cost (I3) */
    LIMIT_UNFLUSHED_MS = 2000,          /* and for how long */
    LIMIT_EVENTS = 16 * 1024 * 1024,    /* bytes of one generation of `events` */
    LIMIT_VALUE = 4096,                 /* bytes of one status value that are shown */
    LIMIT_RETRY_AFTER_S = 24 * 3600,    /* a longer Retry-After is cut */
    LIMIT_BACKOFF_MS = 5 * 60 * 1000,   /* cap of the exponential back-off */
    LIMIT_REPORT_TAIL_MS = 3600 * 1000, /* how often an unanswered report is offered on */
    LIMIT_VERB = 64,                    /* bytes of one write to a status file */
};
#define LIMIT_REPORT_LIFE_MS (7LL * 24 * 3600 * 1000) /* for how long */

#endif
