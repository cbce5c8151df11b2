/* as: holdfast-contact */
/* fails: undefined reference to .crypto_secretbox_open_easy */
int crypto_secretbox_open_easy(void *m, const void *c, unsigned long long n, const void *nonce,
			       const void *key);
int main(void)
{
	return crypto_secretbox_open_easy(0, 0, 0, 0, 0);
}
