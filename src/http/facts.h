/* facts.h - what an answer's header says (RFC 9110, 9530): pure, any thread, nothing judged. */
#ifndef HTTP_FACTS_H
#define HTTP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_accept_ranges { HTTP_RANGES_UNSAID, HTTP_RANGES_NONE, HTTP_RANGES_BYTES };
enum http_digest { HTTP_DIGEST_NONE, HTTP_DIGEST_MD5, HTTP_DIGEST_SHA1, HTTP_DIGEST_SHA256, HTTP_DIGEST_SHA512 };
enum http_content_range {
    HTTP_RANGE_ABSENT,
    HTTP_RANGE_MALFORMED,
    HTTP_RANGE_GIVEN,
    HTTP_RANGE_UNSATISFIED /* bytes * / N */
};

struct http_facts {
    unsigned status;
    char reason[48]; /* reason phrase as sent, visible ASCII only; "" in HTTP/2 */
    bool has_length; /* a valid Content-Length */
    uint64_t length;
    bool framed;                /* the end is marked: length, chunked or HTTP/2; otherwise the close is the end */
    char type[128];             /* Content-Type without parameters, lower case; "" absent */
    bool multipart_ranges;      /* multipart/byteranges */
    bool coded;                 /* Content-Encoding other than identity */
    char etag[512];             /* as it came; "" absent, empty, "*" or longer than this */
    bool etag_strong;           /* quoted or bare, not W/ in any case */
    char modified[64];          /* Last-Modified as it came; "" absent or not a date */
    int64_t modified_s, date_s; /* seconds since 1970; 0: absent or malformed */
    enum http_accept_ranges accept_ranges;
    enum http_content_range content_range;
    uint64_t first, last;  /* of Content-Range */
    uint64_t range_total;  /* 0: "*" */
    int64_t retry_after_s; /* seconds to wait; -1: unsaid.  A date is taken against date_s, else against now_s given to
                              facts_begin */
    enum http_digest
        digest; /* the strongest whole-object digest we can compute (Repr-Digest, Digest; Content-MD5 on a 200) */
    unsigned char digest_value[64];
    char effective[2048]; /* URL of the last hop when it differs from the one asked, else ""; filled in by request.c */
    bool inside;   /* the address connected to is the device's own (behind a proxy: the name asked for); likewise */
    char peer[64]; /* address connected to; filled in by request.c */
    bool via_303;  /* the answer of a GET that a 303 to the POST asked for; filled in by request.c */
    bool garbled;  /* Content-Length that cannot be believed (RFC 9112 6.3): the end of the content is unknown */
    struct {       /* facts.c's own, between begin and end */
        int64_t now_s, retry_date_s;
        bool length, type, etag, modified, date, retry, chunked;
    } seen;
};

/* A new answer begins. */
void facts_begin(struct http_facts *f, unsigned status, const char *reason, int64_t now_s);
/* One header line "Name: value", with or without CRLF; need not be NUL-terminated. Repeated fields: first wins, but
 * conflicting Content-Length or Content-Range make these malformed/absent, lists (Accept-Ranges) are joined. */
void facts_line(struct http_facts *f, const char *line, size_t n);
/* The header is complete: settle what depends on several lines. */
void facts_end(struct http_facts *f, bool http2);
/* Does Last-Modified qualify as a strong validator: at least 1 s older than Date (RFC 9110 8.8.2.2)? */
bool facts_date_strong(const struct http_facts *f);

#endif
