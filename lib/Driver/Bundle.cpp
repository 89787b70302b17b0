// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --emit=bundle: everything for a device in one archive.

#include "Bundle.h"
#include "deit/Codegen/Emission.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Tarball.h"
#include "llvm/Support/Format.h"

using namespace deit;

// Texts of examples/bundle and the header, as the build found them.
static constexpr char kModelHeader[] =
#include "deit/Driver/deit_model.h.inc"
    ;
static constexpr char kExample[] =
#include "deit/Driver/example.c.inc"
    ;
static constexpr char kMakefile[] =
#include "deit/Driver/Makefile.inc"
    ;
static constexpr char kRun[] =
#include "deit/Driver/run.sh.inc"
    ;
static constexpr char kReadme[] =
#include "deit/Driver/README.txt.inc"
    ;
static constexpr char kNotice[] =
#include "deit/Driver/NOTICE.inc"
    ;
static constexpr char kLicense[] =
#include "deit/Driver/LICENSE.inc"
    ;

StringRef deit::modelHeader() { return kModelHeader; }

/// Puts facts in the place of their names in double braces.
static std::string fill(StringRef text, const Target &target,
                        const BundleFacts &facts) {
  std::string megabytes;
  llvm::raw_string_ostream(megabytes)
      << llvm::format("%.3f", double(facts.containerBytes) / 1e6);
  const std::pair<StringRef, std::string> values[] = {
      {"{{NAME}}", facts.name},
      {"{{TARGETS}}", facts.targets},
      {"{{WIDTH}}", std::to_string(facts.width)},
      {"{{HEIGHT}}", std::to_string(facts.height)},
      {"{{CLASSES}}", std::to_string(facts.classes)},
      {"{{MB}}", megabytes},
      {"{{ARCH}}", target.isX86() ? "64-bit x86" : "64-bit ARM"},
      {"{{VERSION}}", DEIT_VERSION}};
  std::string filled = text.str();
  for (const auto &[name, value] : values)
    for (size_t at = filled.find(name.data()); at != std::string::npos;
         at = filled.find(name.data(), at + value.size()))
      filled.replace(at, name.size(), value);
  return filled;
}

Expected<std::string> deit::makeBundle(StringRef object, const Target &target,
                                       const BundleFacts &facts,
                                       StringRef toolFolder) {
  auto evaluator =
      linkToMemory(object, target, LinkKind::Evaluator, toolFolder);
  if (!evaluator)
    return evaluator.takeError();
  auto shared =
      linkToMemory(object, target, LinkKind::SharedLibrary, toolFolder);
  if (!shared)
    return shared.takeError();
  auto archive = makeStaticLibrary(object, target, toolFolder);
  if (!archive)
    return archive.takeError();
  std::string folder = "deit-" + facts.target + "/";
  return makeTarball({
      {folder + "README", fill(kReadme, target, facts)},
      {folder + "run.sh", fill(kRun, target, facts), true},
      {folder + "deit-eval", *evaluator, true},
      {folder + "deit_model.h", kModelHeader},
      {folder + "libdeit_model.a", *archive},
      {folder + "libdeit_model.so", *shared, true},
      {folder + "example.c", kExample},
      {folder + "Makefile", kMakefile},
      {folder + "LICENSE", kLicense},
      {folder + "NOTICE", kNotice},
  });
}
