/* as: holdfast-web */
/* fails: .RECORD_CONTACT_EMAIL. undeclared */
#include "directory/record/record.h"

/* What the directory lists has no contact data of a party: there is no such field. */
int main(void)
{
	static struct record record;
	return record.field[RECORD_CONTACT_EMAIL].n != 0;
}
