#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

void random_bytes(void *p, size_t n)
{
	must(n <= 256); /* up to this size a signal does not interrupt the call */
	ssize_t got;
	while ((got = getrandom(p, n, 0)) < 0 && errno == EINTR)
		;
	must((size_t)got == n);
}

struct random random_seeded(void)
{
	struct random r;
	random_bytes(&r, sizeof(r));
	return r;
}
