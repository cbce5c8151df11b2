/* The address of a site on the web, checked and in one spelling: "HTTPS://Bäcker.example:443/Shop/"
 * is "https://xn--bcker-gra.example/Shop".
 *
 * Scheme http or https, in small letters; a host name as DNS has it (IDNA's ASCII form, RFC 3492
 * and 5891, letters outside of ASCII in small), or an IP address; a port that is not the scheme's
 * own; a path without a closing slash, in which what RFC 3986 does not allow is escaped. There is
 * no user name, no query and no fragment.
 */
#ifndef CONFIG_WEB_ADDRESS_H
#define CONFIG_WEB_ADDRESS_H

#include "base/buf.h"

/* Append the address in its one spelling. NULL, or what is wrong with it; then `out` has been
 * appended to all the same. */
MUST_CHECK const char *web_address(struct str text, struct buf *out);

#endif
