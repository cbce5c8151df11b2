/* as: holdfast-web */
/* builds */
#include "base/log.h"

int main(void)
{
	log_setup("control", LOG_INFO, false);
	return 0;
}
