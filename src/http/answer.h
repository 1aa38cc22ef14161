/* answer.h - libcurl's two callbacks: what of an answer is ours, the sink's, or nobody's.  The agent's thread only. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <stddef.h>

#include "http/request.h"

size_t answer_header(char *line, size_t one, size_t n, void *arg);
size_t answer_bytes(char *p, size_t one, size_t n, void *arg);
/* Tell the sink the header of the final answer; false: it wants no more. */
bool answer_head(struct http_exchange *x);
/* Tell the sink of a request and its answer; words: why it failed, or NULL. */
void answer_record(struct http_exchange *x, const char *words);

#endif
