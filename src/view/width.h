/* width.h - how many columns of a terminal a text takes.  For text that went through text_visible().  Private. */
#ifndef VIEW_WIDTH_H
#define VIEW_WIDTH_H

#include "base/text.h"

/* East Asian wide characters and emoji take two columns; all others count as one, combining ones too: never less than
 * a terminal needs. */
unsigned width_of(const char *s);
/* s with at most `columns` columns: an end that does not fit becomes "...". */
void width_cut(const char *s, unsigned columns, struct text *ret);
/* The same with "..." in the middle, so that a name keeps its extension, and filled up with blanks. */
void width_fit(const char *s, unsigned columns, struct text *ret);

#endif
