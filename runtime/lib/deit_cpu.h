// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the CPU can do, asked of the CPU itself.

#ifndef DEIT_CPU_H
#define DEIT_CPU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The DEIT_FEATURE_* this CPU has and the system lets programs use.
int64_t deit_cpu_features(void);

/// Writes the features' names into `text`, "avx512vnni, avx512vbmi"; a bit
/// without a name is "a feature unknown to this version".
void deit_feature_names(int64_t features, char *text, size_t bytes);

/// Cores this process may run on, 1 to 256.
unsigned deit_core_count(void);

#ifdef __cplusplus
}
#endif

#endif // DEIT_CPU_H
