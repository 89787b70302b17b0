// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: CIFAR files, as every format and for models of few and many
// classes.

#include "Fuzz.h"
#include "deit_cifar.h"

using namespace deit;

static void readAll(const char *path, int format, uint32_t classes) {
  deit_cifar cifar;
  deit_error error = {};
  if (!deit_cifar_open(&cifar, path, format, classes, &error))
    return fuzz::check(error.text[0], "an error with a message");
  uint8_t image[DEIT_CIFAR_IMAGE_BYTES];
  uint32_t label = 0;
  int64_t read = 0;
  while (read < cifar.count && deit_cifar_read(&cifar, image, &label, &error)) {
    fuzz::check(label < classes, "a label of the model");
    ++read;
  }
  fuzz::check(read == cifar.count || error.text[0], "an error with a message");
  deit_cifar_close(&cifar);
}

static void run(llvm::StringRef bytes) {
  std::string path = fuzz::fileOf(bytes);
  for (int format : {0, 10, 100})
    for (uint32_t classes : {1, 10, 100, 1000})
      readAll(path.c_str(), format, classes);
}

const fuzz::Target fuzz::target = {run};
