/* SPDX-License-Identifier: Apache-2.0 */
/* sanitized.h - DCF_SANITIZED is 1 where a sanitizer watches every access to memory, which makes work several times slower. */
#ifndef DCF_TEST_SANITIZED_H
#define DCF_TEST_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DCF_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define DCF_SANITIZED 1
#endif
#endif
#ifndef DCF_SANITIZED
#define DCF_SANITIZED 0
#endif

#endif
