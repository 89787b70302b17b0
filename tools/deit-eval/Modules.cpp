// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The library's entry: measure a module, or compare two.

#include "Modules.h"
#include "Compare.h"
#include "Model.h"
#include "deit/Support/Faults.h"
#include "deit/Support/FileIO.h"

using namespace deit;
using llvm::Error;
using llvm::Expected;

static Error compare(const EvalOptions &options,
                     const deit_evaluate_options &evaluation) {
  if (evaluation.classes || evaluation.crop || evaluation.limit ||
      evaluation.logits || evaluation.profile ||
      !options.model.container.empty() || !options.model.target.empty() ||
      options.model.batch)
    return makeError("--compare runs two modules on one image; leave out "
                     "--limit, --logits, --container, --target, --batch, "
                     "--profile, --classes and --crop");
  return compareModels(
      {options.model.path, options.reference, options.image.value_or(0)},
      evaluation);
}

static Expected<int> run(const EvalOptions &options,
                         const deit_evaluate_options &evaluation) {
  if (!options.reference.empty()) {
    if (Error error = compare(options, evaluation))
      return std::move(error);
    return 0;
  }
  Expected<ModelPtr> model = openModel(options.model);
  if (!model)
    return model.takeError();
  deit_backend backend = (*model)->backend();
  return deit_evaluate("deit-eval", &evaluation, &backend);
}

int deit_evaluate_modules(const EvalOptions *options,
                          const deit_evaluate_options *evaluation) {
  handleFaults("deit-eval");
  Expected<int> code = run(*options, *evaluation);
  return code ? *code
              : reportError(llvm::errs(), "deit-eval", code.takeError());
}
