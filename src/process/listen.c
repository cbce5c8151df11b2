/* The listening sockets that the supervisor holds for its processes. */
#include "process/internal.h"
#include "base/endpoint.h"

enum status listen_open(const struct config *c, enum config_id option, int *out, struct err *err)
{
	enum status status = endpoint_listen(config_text(c, option), out, err);
	return status == OK ? OK : config_prefix(c, option, err, status);
}

enum status listen_check(const struct config *c, enum config_id option, struct err *err)
{
	enum status status = endpoint_check_free(config_text(c, option), err);
	return status == OK ? OK : config_prefix(c, option, err, status);
}
