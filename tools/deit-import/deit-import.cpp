// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// deit-import: turns a PyTorch checkpoint into deit IR.

#include "deit/Support/Faults.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/ModuleIO.h"
#include "importer/Import.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

namespace cl = llvm::cl;
using namespace deit;

static constexpr char overview[] =
    R"(Turn a PyTorch checkpoint of a vision transformer into deit IR.

Reads timm's ViT, DeiT and DeiT-III of any size, out of
  - what torch.save writes, today's archives and the stream of before 1.6:
    a whole model, its state_dict(), or a dictionary with either as 'model',
    'state_dict' or the like, as training scripts and Lightning write it
  - safetensors
in float32, float64, float16 or bfloat16. Keys may have a prefix, such as
'module.' or 'model.'. Pickles are read as data; nothing in them is executed.
A model that computes something else is refused, with a list of what is not
supported.

Convolutional networks are read for comparison, as far as deit-eval: ResNets for
CIFAR out of a state_dict, and programs of torch.export (PyTorch 2.3), such as
MobileNetV2, which PT2E may have quantized.

A whole model tells everything. Tensors alone do not tell the following, so it
is assumed, with a note, unless the option is given:
  --image-size  a square, as large as there are position embeddings for
  --heads       channels / 64; where that is no whole number, the option is
                needed
  --epsilon     1e-6
  --mean --std  ImageNet's
  --resize      bicubic; bilinear for programs of torch.export

Examples:
  deit-import model.pth -o model.mlirbc      bytecode, for the other tools
  deit-import model.pth -o model.mlir        text, weights as hex
  deit-import model.pth -o - --elide-weights text for reading
  deit-import model.safetensors --heads=4 --mean=0.5,0.5,0.5 --std=0.5,0.5,0.5 \
    -o model.mlirbc                          what the tensors do not tell
)";

static cl::OptionCategory category("Options of deit-import");

static cl::opt<std::string> input(cl::Positional, cl::Required,
                                  cl::desc("<checkpoint>"), cl::cat(category));
static cl::opt<std::string>
    output("o", cl::Required, cl::value_desc("file"), cl::cat(category),
           cl::desc("Output; .mlir is text, - text on standard output, "
                    "anything else bytecode"));
static cl::opt<bool> text("mlir", cl::cat(category),
                          cl::desc("Write text whatever the file's name"));
static cl::opt<bool>
    elideWeights("elide-weights", cl::cat(category),
                 cl::desc("Write text without the weights; for reading only"));
static cl::opt<std::string>
    name("name", cl::value_desc("name"), cl::cat(category),
         cl::desc("Name of the model; default: the checkpoint's"));
static cl::opt<int64_t>
    heads("heads", cl::value_desc("n"), cl::cat(category),
          cl::desc("Attention heads; default: the checkpoint's, or channels / "
                   "64"));
static cl::opt<double>
    epsilon("epsilon", cl::value_desc("x"), cl::cat(category),
            cl::desc("Epsilon of LayerNorm; default: the checkpoint's, or "
                     "1e-6"));
static cl::list<float>
    mean("mean", cl::CommaSeparated, cl::value_desc("r,g,b"), cl::cat(category),
         cl::desc("Mean of the pixels in [0, 1]; default: the checkpoint's, "
                  "or ImageNet's"));
static cl::list<float>
    deviation("std", cl::CommaSeparated, cl::value_desc("r,g,b"),
              cl::cat(category),
              cl::desc("Standard deviation of the pixels; default: as mean"));
static cl::opt<std::string>
    imageSize("image-size", cl::value_desc("n|HxW"), cl::cat(category),
              cl::desc("Height and width of the image; default: the "
                       "checkpoint's, or a square"));
enum class Filter { Bicubic, Bilinear };
static cl::opt<Filter>
    resize("resize", cl::cat(category), cl::value_desc("filter"),
           cl::desc("How images of another size are resized; default: bicubic, "
                    "but bilinear for programs of torch.export"),
           cl::values(clEnumValN(Filter::Bicubic, "bicubic",
                                 "as timm's models want it"),
                      clEnumValN(Filter::Bilinear, "bilinear",
                                 "as torchvision's models want it")));
static cl::opt<bool> quiet("quiet", cl::cat(category),
                           cl::desc("No notes on what is assumed or left out"));

/// "224" or "224x160".
static Expected<std::array<int64_t, 2>> parseImageSize(StringRef spelled) {
  auto [height, width] = spelled.split('x');
  if (!spelled.contains('x'))
    width = height;
  std::array<int64_t, 2> size;
  if (height.getAsInteger(10, size[0]) || width.getAsInteger(10, size[1]))
    return makeError("--image-size=" + spelled +
                     " is neither a number nor HEIGHTxWIDTH");
  return size;
}

static Error parseColours(const cl::list<float> &list,
                          std::optional<std::array<float, 3>> &colours) {
  if (list.empty())
    return Error::success();
  if (list.size() != 3)
    return makeError("--" + list.ArgStr + " needs three numbers, r,g,b; " +
                     Twine(list.size()) + " are given");
  colours = {list[0], list[1], list[2]};
  return Error::success();
}

static Expected<importer::ImportOptions> parseOptions() {
  importer::ImportOptions options;
  if (name.getNumOccurrences())
    options.name = name;
  if (heads.getNumOccurrences())
    options.heads = heads;
  if (epsilon.getNumOccurrences())
    options.epsilon = epsilon;
  if (Error error = parseColours(mean, options.mean))
    return std::move(error);
  if (Error error = parseColours(deviation, options.deviation))
    return std::move(error);
  if (imageSize.getNumOccurrences()) {
    auto size = parseImageSize(imageSize);
    if (!size)
      return size.takeError();
    options.imageSize = *size;
  }
  if (resize.getNumOccurrences())
    options.bilinear = resize == Filter::Bilinear;
  if (!quiet)
    options.note = [](StringRef note) {
      llvm::errs() << "deit-import: note: " << note << '\n';
    };
  return options;
}

static Error run() {
  auto options = parseOptions();
  if (!options)
    return options.takeError();
  MLIRContext context(MLIRContext::Threading::DISABLED);
  auto module = importer::importCheckpoint(context, input, *options);
  if (!module)
    return module.takeError();
  return writeModule(**module, output, {text, elideWeights});
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  handleFaults("deit-import");
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "deit-import " DEIT_VERSION "\n"; });
  cl::ParseCommandLineOptions(argc, argv, overview);
  return reportError(llvm::errs(), "deit-import", run());
}
