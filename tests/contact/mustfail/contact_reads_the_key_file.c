/* as: holdfast-contact */
/* fails: undefined reference to .keyfile_read */
#include "keeper/keyfile/keyfile.h"

int main(void)
{
	static struct keeper_keys keys;
	struct err err;
	return keyfile_read(8, &keys, 0, &err);
}
