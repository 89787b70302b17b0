// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the LLVM dialect to files: LLVM IR, assembly, objects, programs.

#ifndef DEIT_CODEGEN_EMISSION_H
#define DEIT_CODEGEN_EMISSION_H

#include "deit/Codegen/Target.h"

namespace deit {

enum class CodeKind { LLVM, Assembly, Object };

/// Optimizes `module` (LLVM dialect, with the global `deit_programs`) for the
/// architecture of `target` and returns its code. An object carries `container`
/// as the section
/// `.deit_container`; LLVM IR and assembly leave it an external symbol.
Expected<std::string> emitCode(ModuleOp module, const Target &target,
                               CodeKind kind, StringRef container);

/// What an object is linked to.
enum class LinkKind {
  SharedLibrary, ///< exports the functions of deit_model.h
  Evaluator      ///< static program, takes deit-eval's options
};

/// Links `object` with the runtime of `target`'s architecture and returns the
/// file's bytes. `toolFolder` is where the tools are: the runtime's archives
/// lie beside it in lib/deit.
Expected<std::string> linkToMemory(StringRef object, const Target &target,
                                   LinkKind kind, StringRef toolFolder);

/// `object` and the members of the runtime in one archive, for linkers.
Expected<std::string> makeStaticLibrary(StringRef object, const Target &target,
                                        StringRef toolFolder);

/// Links `object` with the runtime of `target`'s architecture into the file
/// `output`, whole or not at all.
Error linkProgram(StringRef object, const Target &target, LinkKind kind,
                  StringRef output, StringRef toolFolder);

} // namespace deit

#endif // DEIT_CODEGEN_EMISSION_H
