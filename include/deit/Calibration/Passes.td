// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that run the model on calibration images.

#ifndef DEIT_CALIBRATION_PASSES_TD
#define DEIT_CALIBRATION_PASSES_TD

include "mlir/Pass/PassBase.td"

/// Options of every pass that runs the model.
class ImageOptions {
  list<Option> options = [
    Option<"data", "data", "std::string", "",
           "CIFAR-10 or CIFAR-100 file of the binary version">,
    Option<"samples", "samples", "unsigned", "128",
           "Images to take from the file's beginning (default: 128)">,
  ];
}

def CollectStatisticsPass
    : Pass<"deit-collect-statistics", "::mlir::ModuleOp"> {
  let summary = "Keep what images make of every activation in a file";
  let description = [{
    Runs the float model on images and writes to `file`, for every operation but
    constants and those that only move values, its module path, the extremes,
    mean, variance and kurtosis of what it computes, the extremes, mean and
    variance of each channel, and a histogram of 4096 bins. With `fisher`, all
    but attention weights and scores have a second histogram, in which a value
    counts as the square of the derivative of the log-likelihood by it, expected
    under the model's own output; it is of the first 32 images.

    `deit-calibrate` takes ranges from the file as it does from images. The
    file is of this very model: folds of parameters come before. The module is
    left alone. Needs LibTorch.

    ```mlir
    %1 = deit.gelu %0 : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
    ```
  }];
  let options = ImageOptions<>.options # [
    Option<"file", "file", "std::string", "",
           "Where to write the statistics">,
    Option<"fisher", "fisher", "bool", "true",
           "Whether to run backwards, too, for observer=fisher and search "
           "(default: true)">,
  ];
}

def CalibratePass : Pass<"deit-calibrate", "::mlir::ModuleOp"> {
  let summary = "Observe the range of every activation";
  let description = [{
    Runs the float model on images and leaves on every operation but
    constants `deit.range`, the range that its result's codes are to cover, and
    on linear layers and patch embeddings `deit.channel_mean`. Requires the
    folds of parameters, which change both. Images are resized to the model's
    size with Pillow's bicubic filter.

    Queries, keys and values get a range that is best for symmetric codes. The
    residual stream (additions, and what they add) always gets every value
    that occurs: its 16 bits resolve small values beside large ones, so there
    is nothing to win by cutting. Scores, attention weights and logits, whose
    codes need no range, get what occurs as well. GELU's operand is searched by the error
    it causes at GELU's output, unless `gelu-range=observer`.

    Fails, leaving the module alone, if the file has fewer images than asked
    for or if an activation is not finite. Needs LibTorch.

    ```mlir
    %1 = deit.gelu %0 : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
    // becomes
    %1 = deit.gelu %0 {deit.range = array<f64: -0.17, 2.38>,
                       deit.range_method = "mse"}
      : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
    ```
  }];
  let options = ImageOptions<>.options # [
    Option<"observer", "observer", "::deit::Observer",
           "::deit::Observer::MSE",
           "How a range is chosen (default: mse)",
           [{::llvm::cl::values(
               clEnumValN(::deit::Observer::MinMax, "minmax",
                          "everything that occurs"),
               clEnumValN(::deit::Observer::Percentile, "percentile",
                          "all but the outermost values"),
               clEnumValN(::deit::Observer::MSE, "mse",
                          "least squared error of 8-bit codes"),
               clEnumValN(::deit::Observer::Entropy, "entropy",
                          "least divergence of the distribution of codes from "
                          "that of values"),
               clEnumValN(::deit::Observer::Fisher, "fisher",
                          "least squared error, weighted by the squared "
                          "gradient of the log-likelihood"),
               clEnumValN(::deit::Observer::Search, "search",
                          "of all these the one that changes the logits the "
                          "least"))}]>,
    Option<"percentile", "percentile", "double", "99.99",
           "Percent of the values below the upper end, and above the lower "
           "one, with observer=percentile (default: 99.99)">,
    Option<"geluRange", "gelu-range", "::deit::GeluRange",
           "::deit::GeluRange::Output",
           "How the range of GELU's operand is chosen (default: output)",
           [{::llvm::cl::values(
               clEnumValN(::deit::GeluRange::Output, "output",
                          "least squared error at GELU's output"),
               clEnumValN(::deit::GeluRange::Observer, "observer",
                          "as every other range"))}]>,
    Option<"statistics", "statistics", "std::string", "",
           "File of deit-collect-statistics to take ranges from">,
    Option<"searchSamples", "search-samples", "unsigned", "8",
           "Images that observer=search measures on, the first of those taken "
           "(default: 8)">,
  ];
}

def CorrectBiasPass : Pass<"deit-correct-bias", "::mlir::ModuleOp"> {
  let summary = "Take quantization's mean error out of the biases";
  let description = [{
    Runs the quantized model on images. The mean of every channel of a linear
    layer or patch embedding, compared with `deit.channel_mean` of the float
    model, tells how far quantization has shifted it; the bias takes the
    difference back (a bias is made where there is none). Layers see
    the corrected values of those before them, so one run corrects all.
    `deit.channel_mean` is removed.

    Requires the images of `deit-calibrate`, and `deit-quantize` in between.
    After Nagel et al., Data-Free Quantization Through Weight Equalization and
    Bias Correction (2019), section 4.2, with data. Needs LibTorch.

    ```mlir
    %1 = deit.linear %0, %w {deit.channel_mean = array<f32: ...>} : ...
    // becomes
    %1 = deit.linear %0, %w bias %b : ...
    ```
  }];
  let options = ImageOptions<>.options;
}

def SplitNeuronsPass : Pass<"deit-split-neurons", "::mlir::ModuleOp"> {
  let summary = "Split neurons of GELU that are far larger than the others";
  let description = [{
    All results of a GELU share one range of 8-bit codes. A single neuron that
    reaches 200 where the others stay below 6 leaves those hardly any codes. This
    pass gives the GELU a limit T, that most neurons stay below, and splits a
    neuron that reaches m into ceil(m / T) ones: copies of its row of the layer
    before with biases lower by 0, T, 2T and so on. Each counts to T and no
    further, and their sum, which equal columns of the layer after make, is the
    neuron's value, up to how GELU differs from max(x, 0). No arithmetic is
    needed but what is there: T is the end of the codes.

    `extra` limits the neurons that are added, as a part of those that are there.
    T is the best bargain: a bit that all codes win counts as half of these
    neurons, and a GELU is left alone where no T is worth its neurons. A tenth of
    room is left for what images do not show. Where `deit.split` is on a GELU already, it is T, and 0 leaves
    the GELU alone; the others get the attribute. The float model changes by
    what is said above, so the pass comes before everything that measures it.
    Requires the folds of parameters. Needs LibTorch.

    ```mlir
    %1 = deit.linear %0, %w1, %b1 : ... -> tensor<1x5x32xf32>
    %2 = deit.gelu %1 : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
    %3 = deit.linear %2, %w2, %b2 : ...
    // becomes
    %1 = deit.linear %0, %w1s, %b1s : ... -> tensor<1x5x34xf32>
    %2 = deit.gelu %1 {limit = 6.5 : f64, deit.split = 6.5 : f64} : ...
    %3 = deit.linear %2, %w2s, %b2 : ...
    ```
  }];
  let options = ImageOptions<>.options # [
    Option<"extra", "extra", "double", "0.0625",
           "Neurons to add at most, as a part of those there are "
           "(default: 0.0625)">,
  ];
}

def BalanceChannelsPass : Pass<"deit-balance-channels", "::mlir::ModuleOp"> {
  let summary = "Bring channels of layer norms to scales that codes serve better";
  let description = [{
    A layer norm's channels share one range of 8-bit codes, however different
    they are. What only linear layers read can be rescaled by channel at no cost:
    gamma and beta are divided by factors that the layers' columns are multiplied
    with. `off` leaves them; `repq` gives all channels the same range (Li et al.,
    RepQ-ViT, 2023); `smooth:A` divides by range^A / weight^(1-A), weight being
    the column's largest magnitude (Xiao et al., SmoothQuant, 2022). `search`
    takes for each norm, of off, repq and three strengths of smooth, what has the
    least error at the outputs of the layers that read it, both sides rounded to
    8 bits, on images; and off unless another is better by 3 %.

    A norm that has `deit.balance` gets that; the others get the attribute, so
    the pass is to be run once. Requires the folds of parameters. Needs LibTorch.

    ```mlir
    %1 = deit.layer_norm %0, %gamma, %beta ... : ...
    // becomes
    %1 = deit.layer_norm %0, %gamma, %beta ... {deit.balance = "smooth:0.5"} : ...
    ```
  }];
  let options = ImageOptions<>.options # [
    Option<"method", "method", "std::string", "\"search\"",
           "search, off, repq, or smooth:A with A from 0 to 1 (default: search)">,
  ];
}

def MeasureSensitivityPass
    : Pass<"deit-measure-sensitivity", "::mlir::ModuleOp"> {
  let summary = "Measure what a rounding error of a weight costs at the logits";
  let description = [{
    Leaves on every linear layer and patch embedding `deit.sensitivity`: for each
    row, by how much a squared error of its weights raises the squared error of a
    logit. On an addition of a constant, the position embedding, it is one number.

    It is the product of two measurements on images, which need no labels. The
    squared gradient of the logits, along random directions, with respect to the
    layer's outputs; and what error feedback leaves of an error in a column of
    its input, the variance that the columns rounded later do not explain. (The
    Gauss-Newton matrix of the logits' squared error, taken as the product of a
    part for the rows and a part for the columns, as in Martens and Grosse,
    Optimizing Neural Networks with Kronecker-factored Approximate Curvature,
    2015. Gradients of the likelihood, the Fisher information, say less of images
    that the model was not trained on.)

    Requires the folds of parameters. Needs LibTorch.

    ```mlir
    %1 = deit.linear %0, %w : ...
    // becomes
    %1 = deit.linear %0, %w {deit.sensitivity = array<f32: 0.4, 0.1>} : ...
    ```
  }];
  let options = ImageOptions<>.options;
}

def ChooseStepsPass : Pass<"deit-choose-steps", "::mlir::ModuleOp"> {
  let summary = "Share bits out over the weights by what they are worth";
  let description = [{
    Leaves on every linear layer, patch embedding and addition of a constant
    `deit.weight_step`, the step of its codes, and on layers `deit.row_octaves`,
    how the rows' steps differ from it, in fourths of a power of two. Codes are
    entropy-coded in a compiled model, so a larger step is a smaller model; there
    is no other limit to it but 8 bits.

    A bit more anywhere quarters the cost of a squared error there: the total is
    least where every weight costs the same, so steps fall with the square root
    of `deit.sensitivity`. One factor for all brings the codes to `bits` a weight
    on average. Within a weight, steps of rows are the geometric mean of that
    rule and of the square root of the rows' spread, which assumes less.

    What has `deit.weight_step` already keeps it, what has `deit.weight_bits`
    gets a step of that rate, and none if that is 8; the others make up for it.

    ```mlir
    %1 = deit.linear %0, %w {deit.sensitivity = array<f32: 0.4, 0.1>} : ...
    // becomes
    %1 = deit.linear %0, %w {deit.sensitivity = array<f32: 0.4, 0.1>,
        deit.weight_step = 0.014 : f64, deit.row_octaves = array<i8: -1, 1>}
    ```
  }];
  let options = [
    Option<"bits", "bits", "double", "4.0",
           "Bits a weight, entropy-coded, 1 to 8 (default: 4)">,
  ];
}

def RoundWeightsPass : Pass<"deit-round-weights", "::mlir::ModuleOp"> {
  let summary = "Round weights to their steps with error feedback";
  let description = [{
    Weights whose layer has `deit.weight_step` are rounded to multiples of it;
    they stay float, and `deit-quantize` makes codes of them without a further
    error, with the steps that are left as `deit.row_steps`. Rounding errors of a
    column are made up for by the columns after it (GPTQ, Frantar et al. 2022),
    with the covariance of the layer's input on images, as rounded layers before
    it leave it. The mean is left out, for a bias can take a shift of it back.

    Layers' biases take back what rounding has shifted, each before the next layer
    is rounded. At the end biases, gammas and betas are adjusted to the rounded
    weights, `epochs` times over the images: gradient descent on the divergence
    of the logits from the float model's, which needs no labels and changes no
    weight. Every eighth image is only looked at, and what was best there is kept.

    Where an error costs more in some columns than in others, columns get steps
    of their own as well: whole multiples of a finer step of the row, which 8-bit
    codes have room for. The container divides by them again.

    Requires `deit-choose-steps`, and comes before `deit-quantize`. Needs
    LibTorch.

    ```mlir
    %w = deit.constant dense<[[0.31, -0.12]]> : tensor<1x2xf32>
    %1 = deit.linear %0, %w {deit.weight_step = 0.25 : f64} : ...
    // becomes
    %w = deit.constant dense<[[0.25, 0.0]]> : tensor<1x2xf32>
    %1 = deit.linear %0, %w {deit.weight_step = 0.25 : f64,
                             deit.row_steps = array<f64: 0.25>} : ...
    ```
  }];
  let options = ImageOptions<>.options # [
    Option<"damping", "damping", "double", "0.01",
           "Share of the covariance's mean diagonal added to its diagonal, "
           "beside columns / rows of the input (default: 0.01)">,
    Option<"ordered", "ordered", "bool", "true",
           "Round the columns of the largest inputs first (default: true)">,
    Option<"epochs", "epochs", "unsigned", "0",
           "Times the images are seen to adjust biases and layer norms to the "
           "rounded weights (default: 0)">,
    Option<"rate", "rate", "double", "0.002",
           "Steps of that at the beginning, beside the values' size (default: "
           "0.002)">,
  ];
}

#endif // DEIT_CALIBRATION_PASSES_TD
