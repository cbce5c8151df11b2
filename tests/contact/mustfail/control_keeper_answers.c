/* as: holdfast-keeper */
/* builds */
#include "keeper/keeper.h"

/* What is allowed is built in the same way: the others fail for what they ask for. */
int main(void)
{
	static struct keeper_keys keys = {.period[0].number = 1};
	static struct keeper_rules rules = {.tick_s = 1};
	return keeper_start(&keys, &rules, 1) == 0;
}
