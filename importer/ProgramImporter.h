// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the nodes of an exported program become operations.

#ifndef DEIT_IMPORTER_PROGRAMIMPORTER_H
#define DEIT_IMPORTER_PROGRAMIMPORTER_H

#include "importer/Checkpoint.h"
#include "importer/CnnBuilder.h"
#include "importer/ExportedGraph.h"

#include "llvm/ADT/StringMap.h"

#include <map>

namespace deit::importer {

/// What a name in the graph stands for: one of the three, or none.
struct Known {
  Value activation;                           ///< features or rows
  std::shared_ptr<const Parameter> parameter; ///< computed from constants
  std::string stored;                         ///< a key of the state_dict
};

/// Builds one program, node by node. The first thing that is wrong ends it;
/// what is not supported is collected, so that a user sees all of it.
class ProgramImporter {
public:
  ProgramImporter(MLIRContext &context, const ExportedGraph &graph,
                  const Checkpoint &state, const ImportOptions &options)
      : builder(context), graph(graph), state(state), options(options) {}

  Expected<OwningOpRef<ModuleOp>> run(StringRef name);

private:
  using Handler = Known (ProgramImporter::*)(const GraphNode &);
  using Ints = llvm::SmallVector<int64_t, 4>;

  static Handler handlerOf(StringRef target);
  void visit(const GraphNode &node);
  Known fail(const GraphNode &node, const Twine &message);
  Known unsupported(const GraphNode &node, const Twine &what);
  Error complaint() const;
  void tell() const;
  Error begin(StringRef name);

  const Known *operand(const GraphNode &node, StringRef input);
  Value activation(const GraphNode &node, StringRef input, int64_t rank);
  std::shared_ptr<const Parameter> parameter(const GraphNode &node,
                                             StringRef input, size_t rank);
  std::shared_ptr<const Parameter> readStored(const GraphNode &node,
                                              StringRef key, bool integers);
  std::optional<std::array<int64_t, 2>> pair(const GraphNode &node,
                                             StringRef input, int64_t least,
                                             std::array<int64_t, 2> missing);
  std::string pathOf(const GraphNode &node) const;

  Known quantize(const GraphNode &node);
  Known dequantize(const GraphNode &node);
  Known dequantizeChannels(const GraphNode &node);
  Known scaled(const GraphNode &node, StringRef key,
               llvm::function_ref<float(float code, size_t index)> valueOf);
  Known convolution(const GraphNode &node);
  Known batchNorm(const GraphNode &node);
  Known relu(const GraphNode &node);
  Known hardtanh(const GraphNode &node);
  Known add(const GraphNode &node);
  Known mean(const GraphNode &node);
  Known adaptivePool(const GraphNode &node);
  Known pool(const GraphNode &node);
  Known flatten(const GraphNode &node);
  Known dropout(const GraphNode &node);
  Known transpose(const GraphNode &node);
  Known linear(const GraphNode &node);
  Known addmm(const GraphNode &node);
  Known dense(const GraphNode &node, Value input,
              std::shared_ptr<const Parameter> weight,
              std::shared_ptr<const Parameter> bias);

  CnnBuilder builder;
  const ExportedGraph &graph;
  const Checkpoint &state;
  const ImportOptions &options;
  llvm::StringMap<Known> known;
  /// What is not supported, with how often it occurs.
  std::map<std::string, unsigned> missing;
  std::string failure;
  unsigned roundings = 0;
};

} // namespace deit::importer

#endif // DEIT_IMPORTER_PROGRAMIMPORTER_H
