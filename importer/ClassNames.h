// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names of classes in checkpoints.

#ifndef DEIT_IMPORTER_CLASSNAMES_H
#define DEIT_IMPORTER_CLASSNAMES_H

#include "importer/Checkpoint.h"

namespace deit::importer {

/// The names of the model's `classes` classes, in order: timm's `label_names`,
/// which `config` is; or what training scripts call `class_names`, `classes`,
/// `labels`, `label_names` or `class_to_idx` (a dictionary from name to
/// number), beside the model or as its attribute. Empty where there are none,
/// or another number of them: a model that was trained further may still carry
/// the names it began with.
std::vector<std::string> findClassNames(const Checkpoint &checkpoint,
                                        llvm::StringRef modelPath,
                                        const Datum *config, int64_t classes);

} // namespace deit::importer

#endif // DEIT_IMPORTER_CLASSNAMES_H
