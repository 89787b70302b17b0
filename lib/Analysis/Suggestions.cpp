// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derives what to try from what was measured.

#include "Report.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;
using llvm::formatv;

namespace {

/// Goes through the rules. Each looks at numbers of this model alone and says
/// nothing where they do not bear it out.
class Rules {
public:
  explicit Rules(const Report &report) : report(report) {}

  std::vector<Suggestion> apply();

private:
  void protectWorst();
  void streamBits();
  void channelScales();
  void balanceChannels();
  void geluCodes();
  void splitNeurons();
  void attentionWeights();
  void cutRanges();
  void activationsFirst();
  void fewerBits();
  void correctBiases();
  void weakestBlock();

  /// What a step of the pipeline gains over the one before; none if it was not
  /// taken.
  std::optional<double> gainOf(StringRef step) const;
  void add(Suggestion suggestion) { result.push_back(std::move(suggestion)); }

  const Report &report;
  std::vector<Suggestion> result;
};

} // namespace

/// A gain of less agreement than this may be chance.
static constexpr double kNotable = 0.5;

static std::string points(double value) {
  return formatv("{0:f1}", value).str();
}

static std::string percent(double part) {
  return formatv("{0:f0}", 100 * part).str();
}

std::optional<double> Rules::gainOf(StringRef step) const {
  const AblationStep *before = nullptr;
  for (const AblationStep &each : report.ablation) {
    if (each.name == step)
      return before ? std::optional(each.agreement - before->agreement)
                    : std::nullopt;
    before = &each;
  }
  return std::nullopt;
}

void Rules::protectWorst() {
  constexpr double kCostly = 1e-3; // nats
  if (!report.confirmation)
    return;
  const Confirmation &found = *report.confirmation;
  double all = found.allRounded.divergence;
  LogitsEffect random = meanOf(found.random);
  double gain = all - found.first.effect.divergence;
  double drawn = all - random.divergence;
  // Five at random win something back, too.
  if (all < kCostly || gain < 0.2 * all || gain < 1.25 * drawn)
    return;
  std::string names;
  for (size_t index : found.first.modules)
    names += (names.empty() ? "" : ", ") + report.analyzed[index].path;
  add({"Spend precision on the five worst modules",
       formatv(
           "Left in float while all others are rounded plainly, {0} take {1} "
           "% of the divergence away ({2} % of the images are decided as in "
           "float, not {3} %), five at random {4} %. Give these a recipe "
           "entry of their own: range_method search, or more bits.",
           names, percent(gain / all), points(found.first.effect.agreement),
           points(found.allRounded.agreement), percent(drawn / all))
           .str(),
       {{"KL, everything rounded", all, "nats"},
        {"KL, the five worst in float", found.first.effect.divergence, "nats"},
        {"KL, five at random in float", random.divergence, "nats"}},
       "confirmation"});
}

void Rules::streamBits() {
  std::optional<double> gain = gainOf("residual-16");
  if (!gain || *gain < kNotable)
    return;
  add({"Keep 16 bits for the residual stream",
       formatv("Every block adds to the stream, whose range is that of its "
               "largest channel; 16 bits in the place of 8 gain {0} points of "
               "agreement and cost no bytes of the model. The recipe w8a8 does "
               "so.",
               points(*gain))
           .str(),
       {{"gained agreement", *gain, "points"},
        {"with 16 bits", report.step("residual-16")->agreement, "%"}},
       "ablation"});
}

void Rules::channelScales() {
  double gain =
      report.own().perChannel.agreement - report.own().naive.agreement;
  double spread = report.own().summary.weightSpread.value_or(1);
  if (gain < kNotable || spread < 2)
    return;
  add({"Give each output channel of a weight its own scale",
       formatv("In the median weight the widest channel is {0:f1} times the "
               "middle one; scales by channel gain {1} points of agreement at "
               "no cost in speed. The recipe w8a8 does so.",
               spread, points(gain))
           .str(),
       {{"channel spread of weights, median", spread, ""},
        {"gained agreement", gain, "points"}},
       "channels"});
}

void Rules::balanceChannels() {
  const ModuleReport *worst = nullptr;
  const AnalyzedModule *module = nullptr;
  for (auto [analyzed, measured] :
       llvm::zip_equal(report.analyzed, report.modules))
    if (measured.balanced && measured.activations.channelSpread &&
        measured.balanced->channelSpread &&
        (!worst || *measured.activations.channelSpread >
                       *worst->activations.channelSpread)) {
      worst = &measured;
      module = &analyzed;
    }
  if (!worst)
    return;
  double before = *worst->activations.channelSpread;
  double after = *worst->balanced->channelSpread;
  if (before < 4 || after > before / 2)
    return;
  std::vector<Evidence> evidence = {{"channel spread before", before, ""},
                                    {"channel spread after", after, ""}};
  std::string gained = "what it gains was not measured";
  if (std::optional<double> gain = gainOf("balancing")) {
    gained = formatv("over the whole model it changes agreement by {0} points",
                     points(*gain))
                 .str();
    evidence.push_back({"gained agreement", *gain, "points"});
  }
  add({"Balance the channels of layer norms",
       formatv("The widest channel of {0} is {1:f1} times the middle one, and "
               "all share one range; balancing brings that to {2:f1}, and {3}. "
               "Recipe: balance repq or smooth:0.5 for such norms.",
               module->path, before, after, gained)
           .str(),
       std::move(evidence), "balancing"});
}

void Rules::geluCodes() {
  const Nonlinearity *gelu = nullptr;
  for (const Nonlinearity &each : report.own().nonlinearities)
    if (each.kind == "gelu")
      gelu = &each;
  constexpr double kMany = 25; // percent
  if (!gelu || gelu->use.deadPercent < kMany)
    return;
  std::vector<Evidence> evidence = {
      {"dead codes of the worst GELU", gelu->use.deadPercent, "%"},
      {"kurtosis", gelu->distribution.kurtosis, ""}};
  if (std::optional<double> gain = gainOf("gelu-range"))
    evidence.push_back(
        {"gained agreement by gelu-range=output", *gain, "points"});
  add({"Choose GELU's range by its output",
       formatv(
           "From minimum to maximum, {0:f0} % of the codes of {1} are all "
           "but unused: few values are large, most are at zero. Ranges by "
           "the error at GELU's output, as w8a8 has them, or one code scale "
           "for either sign, spend codes where values are.",
           gelu->use.deadPercent, gelu->path)
           .str(),
       std::move(evidence), "gelu"});
}

void Rules::splitNeurons() {
  std::optional<double> gain = gainOf("split");
  if (!gain || *gain < kNotable)
    return;
  const Nonlinearity *gelu = nullptr;
  for (const Nonlinearity &each : report.own().nonlinearities)
    if (each.kind == "gelu")
      gelu = &each;
  std::vector<Evidence> evidence = {{"gained agreement", *gain, "points"}};
  if (gelu && gelu->distribution.channelSpread)
    evidence.push_back({"channel spread of the GELU with the most dead codes",
                        *gelu->distribution.channelSpread, ""});
  add({"Split neurons that are far larger than the others",
       formatv("A few neurons take the range of their GELU for themselves; "
               "splitting them into several gains {0} points of agreement. The "
               "recipe w8a8 does so.",
               points(*gain))
           .str(),
       std::move(evidence), "gelu"});
}

void Rules::attentionWeights() {
  const Nonlinearity *softmax = nullptr;
  for (const Nonlinearity &each : report.own().nonlinearities)
    if (each.kind == "probabilities")
      softmax = &each;
  constexpr double kMany = 25; // percent
  if (!softmax || softmax->use.deadPercent < kMany)
    return;
  add({"Do not give attention weights one scale a tensor",
       formatv(
           "Most weights of {0} are near zero and a few near {1:f2}: {2:f0} "
           "% of linear codes are all but unused. Codes by row, whose sum "
           "divides after the product, as compiled models have them, lose "
           "nothing of flat rows; codes of powers of two would do as well.",
           softmax->path, softmax->distribution.maximum,
           softmax->use.deadPercent)
           .str(),
       {{"dead codes", softmax->use.deadPercent, "%"},
        {"kurtosis", softmax->distribution.kurtosis, ""}},
       "softmax"});
}

void Rules::cutRanges() {
  std::optional<double> gain = gainOf("ranges");
  std::optional<double> worst = report.own().summary.activationKurtosisWorst;
  if (!gain || *gain < kNotable || !worst)
    return;
  add({"Search ranges, do not take all that occurs",
       formatv("The longest tails have a kurtosis of {0:f0}, a normal "
               "distribution has 3; ranges of the least squared error gain {1} "
               "points of agreement over minimum to maximum. observer=search "
               "looks for better ones still, module by module.",
               *worst, points(*gain))
           .str(),
       {{"kurtosis, worst", *worst, ""}, {"gained agreement", *gain, "points"}},
       "activations"});
}

void Rules::activationsFirst() {
  const ModelComparison &own = report.own();
  double weights = own.weightsOnly.divergence;
  double activations = own.activationsOnly.divergence;
  constexpr double kCostly = 1e-3; // nats: less moves hardly a decision
  if (activations < kCostly || activations < 4 * weights)
    return;
  add({"Work on activations, not on weights",
       formatv("Rounding activations alone costs {0:e2} nats, weights alone "
               "{1:e2}: weights may have fewer bits before they matter, "
               "activations are what 8 bits are short for.",
               activations, weights)
           .str(),
       {{"KL, activations alone", activations, "nats"},
        {"KL, weights alone", weights, "nats"}},
       "sensitivity-kinds"});
}

void Rules::fewerBits() {
  constexpr double kPoints = 1; // of top-1
  const SweepRow *smallest = nullptr, *eight = nullptr;
  for (const SweepRow &row : report.frontier) {
    if (row.kind() == SweepKind::W8A8)
      eight = &row;
    if (row.kind() == SweepKind::Rate &&
        row.top1 >= report.own().facts.top1 - kPoints &&
        (!smallest || row.bytes < smallest->bytes))
      smallest = &row;
  }
  if (!smallest || !eight)
    return;
  add({"Store fewer bits a weight",
       formatv("{0} has {1:f1} % top-1, the float model {2:f1} %, in {3:f2} MB "
               "of the {4:f2} MB that w8a8 takes: {5}.",
               smallest->name, smallest->top1, report.own().facts.top1,
               smallest->bytes / 1e6, eight->bytes / 1e6, smallest->command)
           .str(),
       {{"top-1", smallest->top1, "%"},
        {"top-1 of the float model", report.own().facts.top1, "%"},
        {"size", static_cast<double>(smallest->bytes), "bytes"}},
       "frontier"});
}

void Rules::correctBiases() {
  std::optional<double> gain = gainOf("bias");
  if (!gain || *gain < kNotable)
    return;
  add({"Correct biases",
       formatv("Rounding shifts the means of channels; taking that out of the "
               "biases gains {0} points of agreement and costs nothing. The "
               "recipe w8a8 does so.",
               points(*gain))
           .str(),
       {{"gained agreement", *gain, "points"}},
       "ablation"});
}

void Rules::weakestBlock() {
  constexpr double kMuch = 3; // dB
  double most = 0;
  const DepthPoint *worst = nullptr;
  for (size_t i = 1; i < report.depth.size(); ++i) {
    double drop = report.depth[i - 1].w8a8 - report.depth[i].w8a8;
    if (drop > most) {
      most = drop;
      worst = &report.depth[i];
    }
  }
  if (!worst || most < kMuch)
    return;
  const std::string &path = report.analyzed[worst->module].path;
  add({"Look at " + path + " first",
       formatv(
           "In w8a8 the signal-to-noise ratio of the stream falls by {0:f1} "
           "dB there, more than anywhere else.",
           most)
           .str(),
       {{"fall", most, "dB"}, {"after it", worst->w8a8, "dB"}},
       "depth"});
}

std::vector<Suggestion> Rules::apply() {
  protectWorst();
  activationsFirst();
  streamBits();
  channelScales();
  balanceChannels();
  geluCodes();
  splitNeurons();
  attentionWeights();
  cutRanges();
  correctBiases();
  weakestBlock();
  fewerBits();
  return std::move(result);
}

std::vector<Suggestion> deit::suggest(const Report &report) {
  return Rules(report).apply();
}
