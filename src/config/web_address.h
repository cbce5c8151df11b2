/* The URL of a site, checked and normalised: "HTTPS://Bäcker.example:443/Shop/" becomes
 * "https://xn--bcker-gra.example/Shop".
 *
 * The scheme is http or https in lower case; the host is a name in IDNA's ASCII form (RFC 3492 and
 * 5891, after conversion to lower case) or an IP address; the scheme's default port is removed; the
 * path has no final slash, and bytes that RFC 3986 does not allow are escaped. A user name, query
 * or fragment is refused.
 */
#ifndef CONFIG_WEB_ADDRESS_H
#define CONFIG_WEB_ADDRESS_H

#include "base/buf.h"

/* Append the normalised URL. Returns NULL, or what is wrong with it; `out` may then have a part of
 * it. */
MUST_CHECK const char *web_address(struct str text, struct buf *out);

#endif
