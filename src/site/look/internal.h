#ifndef SITE_LOOK_INTERNAL_H
#define SITE_LOOK_INTERNAL_H

#include "base/str.h"

struct look_token {
	struct str name; /* without "--" */
	struct str light, dark;
};
/* The next "--NAME:light-dark(LIGHT,DARK)" of a packed sheet. False: there is none. */
bool look_next_token(struct str *rest, struct look_token *out);

#endif
