/* as: holdfast */
/* fails: undefined reference to .keeper_start */
#include "keeper/keeper.h"

int main(void)
{
	static struct keeper_keys keys;
	static struct keeper_rules rules;
	return keeper_start(&keys, &rules, 1) != 0;
}
