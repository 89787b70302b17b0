// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The graph of a program of torch.export: calls of operators by name.

#ifndef DEIT_IMPORTER_EXPORTEDGRAPH_H
#define DEIT_IMPORTER_EXPORTEDGRAPH_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace deit::importer {

/// One call of an operator. What an accessor is asked for and the node does
/// not have, or not of that kind, is nullopt.
class GraphNode {
public:
  /// "aten.convolution.default".
  std::string target;
  /// Of the innermost module that called it, "features.0.0"; empty for the
  /// model itself.
  std::string path;
  /// The names of the tensors it makes.
  std::vector<std::string> outputs;
  /// Of the arguments, each an object with one key that tells its kind.
  std::map<std::string, const llvm::json::Object *> inputs;

  /// The tensor that is the argument `name`.
  std::optional<std::string> tensor(llvm::StringRef name) const;
  std::optional<double> number(llvm::StringRef name) const;
  std::optional<bool> boolean(llvm::StringRef name) const;
  std::optional<int64_t> integer(llvm::StringRef name) const;
  std::optional<llvm::SmallVector<int64_t, 4>>
  integers(llvm::StringRef name) const;

private:
  const llvm::json::Value *argument(llvm::StringRef name,
                                    llvm::StringRef kind) const;
};

/// A program of one image and one result.
struct ExportedGraph {
  ExportedGraph(llvm::json::Value json) : json(std::move(json)) {}

  std::vector<GraphNode> nodes; ///< point into `json`
  /// The keys in the state_dict of the graph's parameters and buffers.
  std::map<std::string, std::string> parameters;
  std::string image, result;
  llvm::SmallVector<int64_t, 4> imageShape; ///< as PyTorch orders it

  llvm::json::Value json;
};

/// Reads the graph of schema version 5 (PyTorch 2.3) in `text`, JSON. The error
/// says what is missing or of another kind than it should be.
llvm::Expected<std::unique_ptr<ExportedGraph>>
readExportedGraph(llvm::StringRef text);

} // namespace deit::importer

#endif // DEIT_IMPORTER_EXPORTEDGRAPH_H
