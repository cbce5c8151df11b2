/* as: holdfast-web */
/* fails: undefined reference to .keeper_send_request */
#include "keeper/message/message.h"

int main(void)
{
	static struct keeper_request request = {.op = KEEPER_RELEASE};
	struct err err;
	return keeper_send_request(0, &request, &err);
}
