// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzz target: the pickle machine, and every look at what it made.

#include "Fuzz.h"
#include "importer/PickleMachine.h"
#include "importer/Readers.h"

using namespace deit::importer;

/// Looks at everything without leaving it.
static void inspect(const Datum &datum) {
  (void)datum.asInt();
  (void)datum.asFloat();
  (void)datum.asInts();
  (void)datum.asFloats();
  (void)datum.describe();
  (void)datum.find("state_dict");
}

static void run(llvm::StringRef bytes) {
  // Small enough for a run to take no time, large enough for any way in.
  PickleLimits limits;
  limits.maxBytes = 1 << 20;
  limits.maxData = limits.maxStack = 1 << 14;
  size_t consumed = 0;
  auto pickle = readPickle(bytes, limits, &consumed);
  if (!pickle)
    return deit::fuzz::expectMessage(pickle.takeError());
  deit::fuzz::check(consumed <= bytes.size(), "to stay within the bytes");
  for (const Datum &datum : pickle->data)
    inspect(datum);
  if (llvm::Error error = checkCalls(*pickle))
    return deit::fuzz::expectMessage(std::move(error));
  Checkpoint checkpoint;
  auto noStorage =
      [](const StorageId &) -> llvm::Expected<std::shared_ptr<Storage>> {
    auto storage = std::make_shared<Storage>();
    storage->sizeInBytes = 1 << 10;
    return storage;
  };
  if (llvm::Error error = collectModel(*pickle->root, noStorage, checkpoint))
    deit::fuzz::expectMessage(std::move(error));
}

const deit::fuzz::Target deit::fuzz::target = {run};
