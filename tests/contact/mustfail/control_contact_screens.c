/* as: holdfast-contact */
/* builds */
#include "contact/intake/intake.h"

/* The sources that ask it for keys fail for what they ask for. */
int main(void)
{
	struct intake_found found;
	return !intake_screen(STR("Flour by the tonne"), &found);
}
