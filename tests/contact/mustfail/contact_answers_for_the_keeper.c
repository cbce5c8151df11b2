/* as: holdfast-contact */
/* fails: undefined reference to .keeper_start */
#include "keeper/keeper.h"

int main(void)
{
	static struct keeper_keys keys = {.period[0].number = 1};
	static struct keeper_rules rules = {.tick_s = 1};
	return keeper_start(&keys, &rules, 1) == 0;
}
