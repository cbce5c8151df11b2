/* Networks: ranges of addresses as "10.0.0.0/8", "fd00::/8". Numbers only, no system call. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <sys/socket.h>
#include "base/str.h"

/* Parse an address without brackets, zone and port; *family: AF_INET or AF_INET6. False: it is not
 * one. */
MUST_CHECK bool network_read(struct str text, int *family, unsigned char out[16]);

struct network {
	int family; /* AF_INET or AF_INET6 */
	unsigned bits;
	unsigned char prefix[16];
};

/* Parse ADDRESS/BITS. alone: "/BITS" may be missing, for one address. */
MUST_CHECK bool network_parse(struct str text, bool alone, struct network *out);
/* address: 4 or 16 bytes in network order. */
bool network_has(const struct network *n, int family, const unsigned char *address);

enum { NETWORK_LIST_MAX = 32 };
struct network_list {
	struct network network[NETWORK_LIST_MAX];
	size_t count;
};
/* Parse addresses and ranges, separated by spaces or commas. False: one is invalid, or there are
 * too many. */
MUST_CHECK bool network_list_parse(struct str text, struct network_list *out);
bool network_list_has(const struct network_list *list, int family, const unsigned char *address);

/* Convert an IPv4-mapped address (::ffff:0:0/96) to IPv4. */
void network_unmap(int *family, unsigned char address[16]);
/* The address of a socket, unmapped; *family is 0 when it is not an internet address. */
void network_address(const struct sockaddr *address, int *family, unsigned char out[16]);

#endif
