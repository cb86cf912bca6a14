/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "crypto/hash.h"
#include "crypto/text.h"
#include "node/jwt.h"

/* RFC 7638 and RFC 8037, appendix A.3: the hash of the members that make the key, sorted, without blanks. */
void dcf_jwt_thumbprint(const struct dcf_public_key *key, char out[44])
{
	static const char head[] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"", tail[] = "\"}";
	struct dcf_sha256 hash;
	struct dcf_hash h;
	char x[43];

	(void)dcf_text_write(DCF_TEXT_BASE64_URL, x, key->b, sizeof key->b);
	dcf_sha256_begin(&hash);
	dcf_sha256_put(&hash, head, sizeof head - 1);
	dcf_sha256_put(&hash, x, sizeof x);
	dcf_sha256_put(&hash, tail, sizeof tail - 1);
	h = dcf_sha256_end(&hash);
	(void)dcf_text_write(DCF_TEXT_BASE64_URL, out, h.b, sizeof h.b);
	out[43] = '\0';
}
