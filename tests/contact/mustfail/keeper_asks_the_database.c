/* as: holdfast-keeper */
/* fails: undefined reference to .PQconnectdb */
#include <libpq-fe.h>

int main(void)
{
	return PQconnectdb("dbname=holdfast_contact") != 0;
}
