/* SPDX-License-Identifier: Apache-2.0 */
#include <deconflict/version.h>

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *dcf_library_version(void)
{
	return TEXT(DCF_LIBRARY_MAJOR) "." TEXT(DCF_LIBRARY_MINOR) "." TEXT(DCF_LIBRARY_PATCH);
}

int dcf_library_version_number(void)
{
	return 10000 * DCF_LIBRARY_MAJOR + 100 * DCF_LIBRARY_MINOR + DCF_LIBRARY_PATCH;
}
